#pragma once

#include "actors/environment.hpp"
#include "cluster/keeper.hpp"

#include <array>
#include <future>
#include <memory>
#include <optional>

namespace talaria::actors {

/// Keeps this node in its cluster, by cluster/keeper.hpp, and tells the other actors and nodes what
/// follows.
///
/// Detached, since it waits for the store, and alone with its session, so that nothing else holds
/// up a renewal. Buried by others, or replaced by a later process of its name, it ends this
/// process. When it dies by itself, its next incarnation goes on for the same node; a claim whose
/// answer was lost is seen with the next look.
struct member_state {
  static inline const char* name = "member";

  environment* env = nullptr;
  std::shared_ptr<supervision::actor_card> card;
  std::unique_ptr<persistence::membership> membership;
  std::optional<cluster::keeper> keeper;
  std::size_t nodes = 0;
  std::int64_t catalog_revision = 0;
  cluster::uptime usage_due{};
  std::shared_ptr<std::promise<void>> left;
  std::uint64_t timer_generation = 0;
  bool is_asked_to_look = false;
};

inline constexpr std::array<supervision::gauge, 4> member_gauges{"shards", "leaving", "nodes",
                                                                 "fenced"};

member_actor::behavior_type member(supervision::observed_pointer<member_actor, member_state> self,
                                   environment* env, std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
