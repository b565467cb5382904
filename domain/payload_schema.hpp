#pragma once

#include "domain/error.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace valijson {
class Schema;
}

namespace talaria::domain {

/// A JSON Schema (draft 7) that payloads must match.
///
/// The one who writes a schema and the one whose process checks it are different people: what could
/// cost without bound is refused when the schema is made. There are no regular expressions, no
/// recursion, no references out of the schema, and the rules that all references stand for together
/// are counted. `format` is an annotation. Immutable, so safe to share among threads.
class payload_schema {
public:
  /// How many rules a schema may come to, with its references replaced by what they name.
  static constexpr std::uint64_t rules_max = 5'000;
  /// Values of a payload times rules of its schema.
  static constexpr std::uint64_t checks_max = 5'000'000;

  /// @returns `ec::invalid_value`, `ec::too_large`, or `ec::not_supported` for a keyword that is
  /// not evaluated, with a field in `/schema`.
  static result<payload_schema> parse(const boost::json::value& schema);

  /// @returns `ec::schema_mismatch` with a field in `/payload`, also for a payload with so many
  /// values that checking it would take too long.
  result<void> check(const boost::json::value& payload) const;

  std::uint64_t rules() const { return rules_; }

private:
  payload_schema(std::shared_ptr<const valijson::Schema> compiled, std::uint64_t rules)
      : compiled_{std::move(compiled)}, rules_{rules} {}

  std::shared_ptr<const valijson::Schema> compiled_;
  std::uint64_t rules_;
};

}  // namespace talaria::domain
