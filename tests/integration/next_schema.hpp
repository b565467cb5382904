#pragma once

#include "persistence/schema/migration.hpp"

#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace talaria::persistence::schema::postgres {

/// The migrations of a version that follows this one, for talaria_next: what is there, and a step
/// that expands tables which both write.
inline std::span<const migration> with_next_version(std::span<const migration> present) {
  static constexpr auto expansion = std::to_array<std::string_view>({
      "create table of_the_next_version(id bigint primary key)",
      "alter table events add column of_the_next_version text",
      "alter table attempts add column of_the_next_version text",
      "alter table delivery_queue add column of_the_next_version text",
      "alter table subscriptions add column of_the_next_version text",
      "alter table applications add column of_the_next_version text",
      "alter table api_keys add column of_the_next_version text",
      "alter table nodes add column of_the_next_version text",
      "alter table shards add column of_the_next_version text",
      "alter table lanes add column of_the_next_version text",
  });
  static const auto longer = [&] {
    std::vector<migration> made{present.begin(), present.end()};
    const auto newest = made.back().version;
    made.push_back({newest + 1, "of the next version", expansion, newest});
    return made;
  }();
  return longer;
}

}  // namespace talaria::persistence::schema::postgres
