#pragma once

#include "domain/error.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace talaria::persistence::schema {

/// A step from one version of a schema to the next. Never changed once released: a new one follows.
struct migration {
  std::int64_t version = 0;
  std::string_view name;
  /// One by one: a driver runs only the first of several in a string.
  std::span<const std::string_view> statements;
  /// Of a step that takes nothing away: the oldest version whose Talaria works on the result as
  /// before, beside newer ones or after them. Absent: only those that know this step.
  std::optional<std::int64_t> serves_since{};
};

/// What a database says of its schema.
struct applied_schema {
  /// 0: there is none.
  std::int64_t version = 0;
  /// The oldest version whose Talaria may use it, as far as the steps say that the asker does not
  /// know; 0 if it knows all.
  std::int64_t serves_since = 0;
};

/// Whether a database may be migrated by a Talaria that knows versions up to `newest`. There is
/// nothing to do for one that is newer, and serves it.
/// @returns `ec::schema_newer`
domain::result<void> require_served(const applied_schema& schema, std::int64_t newest);

/// Whether it may be used as it is.
/// @returns `ec::schema_newer`, or `ec::store_unavailable` with advice if it is older, or none.
domain::result<void> require_current(const applied_schema& schema, std::int64_t newest);

}  // namespace talaria::persistence::schema
