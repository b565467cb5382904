#pragma once

#include "domain/decimal.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::domain {

/// The names and indexes of a JSON pointer (RFC 6901), without their escapes.
using pointer_tokens = std::vector<std::string>;

/// An event's payload, taken apart to be asked for values by any number of filters.
///
/// Numbers keep every digit that `decimal` keeps. Of two members of the same name, the last counts.
class parsed_payload {
public:
  /// @param text The payload; what is not JSON of at most `limits::json_depth_max` has no values.
  explicit parsed_payload(std::string_view text);
  parsed_payload(const parsed_payload&) = delete;
  parsed_payload& operator=(const parsed_payload&) = delete;

  /// @returns the value, valid as long as the payload, or null where there is none. A number is
  /// read by `number_at`.
  const boost::json::value* find(const pointer_tokens& path) const;

  /// @pre `found` is a number that `find` returned.
  const decimal& number_at(const boost::json::value& found) const {
    return numbers_[static_cast<std::size_t>(found.get_int64())];
  }

private:
  boost::json::monotonic_resource memory_;
  /// In place of each number stands its index in `numbers_`. None if the text is not JSON.
  std::optional<boost::json::value> root_;
  std::vector<decimal> numbers_;
};

}  // namespace talaria::domain
