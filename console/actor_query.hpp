#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace talaria::console {

inline constexpr std::size_t actors_listed_max = 1000;

/// What a list of actors can be sorted by, as the API names it. All but the path descend.
inline constexpr std::array<std::string_view, 6> actor_sorts{"path",     "mailbox",  "pending",
                                                             "restarts", "failures", "busy"};

/// Which actors, in which order. What is empty is not asked for, so that a server that is older
/// than a filter takes every question without it.
struct actor_query {
  /// By its name; empty: the one that is asked.
  std::string node;
  std::string kind;
  std::string state;
  std::string breaker;
  std::string application;
  /// Anywhere in it.
  std::string path;
  std::string sort;
  std::size_t limit = 0;
  std::string cursor;

  bool operator==(const actor_query&) const = default;
};

/// The target of a request: path and query.
std::string list_target(const actor_query& query);

/// Of one actor, or of `action` on it.
/// @param node By its name; empty: the one that is asked, or whichever has the actor.
std::string actor_target(std::string_view path, std::string_view action = {},
                         std::string_view node = {});

inline constexpr std::string_view stream_target = "/api/v1/actors/stream";

}  // namespace talaria::console
