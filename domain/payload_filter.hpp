#pragma once

#include "domain/error.hpp"
#include "domain/parsed_payload.hpp"

#include <boost/json/value.hpp>

#include <compare>
#include <memory>
#include <string>

namespace talaria::domain {

/// A rule over the payloads that a subscription wants, or none.
///
/// A rule compares the value at a JSON pointer with one of its own (`eq`, `ne`, `lt`, `lte`, `gt`,
/// `gte`, `in`), asks whether there is one (`exists`), or combines rules (`and`, `or`, `not`). A
/// value that is missing or of another type is equal to none and neither less nor greater, so that
/// `ne` holds for it and the others do not. Strings are ordered by their bytes.
///
/// A number of the rule is an integer of 64 bits or has 15 significant digits; those of payloads
/// are compared with it digit for digit.
///
/// Immutable; copies share the rule, and may be used by several threads.
class payload_filter {
public:
  /// Every payload matches.
  payload_filter() = default;

  /// @param value A rule, or null for none.
  /// @returns the first fault, whose field begins with `/payload_filter`.
  static result<payload_filter> parse(const boost::json::value& value);

  bool empty() const { return compiled_ == nullptr; }

  bool matches(const parsed_payload& payload) const;

  /// A rule that reads back as the same, or null.
  boost::json::value to_json() const;

  /// Two are equal if they differ in no more than white space, the order of members and how
  /// numbers are written. The order has no meaning beyond.
  std::strong_ordering operator<=>(const payload_filter& other) const;
  bool operator==(const payload_filter& other) const;

private:
  struct compiled;

  const std::string& text() const;

  std::shared_ptr<const compiled> compiled_;
};

}  // namespace talaria::domain
