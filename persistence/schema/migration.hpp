#pragma once

#include "domain/error.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace talaria::persistence::schema {

/// A step from one version of a schema to the next. Never changed once released: a new one follows.
struct migration {
  std::int64_t version = 0;
  std::string_view name;
  /// One by one: a driver runs only the first of several in a string.
  std::span<const std::string_view> statements;
};

/// Whether a database that has one version of a schema may be migrated by a Talaria that knows
/// versions up to `newest`.
/// @returns `ec::schema_newer`
domain::result<void> require_known(std::int64_t version, std::int64_t newest);

/// Whether it may be used as it is.
/// @returns `ec::schema_newer`, or `ec::store_unavailable` with advice if it is older, or 0: none.
domain::result<void> require_current(std::int64_t version, std::int64_t newest);

}  // namespace talaria::persistence::schema
