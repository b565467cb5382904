#pragma once

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

}  // namespace talaria::persistence::schema
