#include "actors/member.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

namespace talaria::actors {

namespace {

using cluster::keeper;
using self_pointer = supervision::observed_pointer<member_actor, member_state>;
using namespace std::chrono_literals;

/// Between looks. Well below what the rules take for a blink.
constexpr std::chrono::milliseconds look_every = 500ms;
constexpr std::chrono::milliseconds look_pause = 10ms;
constexpr cluster::uptime usage_every = 1s;

void tell_moved(const environment& env) {
  if (env.peers != nullptr)
    env.peers->tell_all(cluster::shards_moved{});
}

/// What every look brings besides the shards.
void take_view(self_pointer self, const persistence::cluster_view& seen) {
  auto& state = self->state;
  auto& env = *state.env;
  state.nodes = seen.nodes.size();
  // Also if the others' word of it was lost.
  if (std::exchange(state.catalog_revision, seen.catalog_revision) != seen.catalog_revision)
    self->send(env.addresses.ingest.get(), catalog_changed{});
  if (env.peers != nullptr)
    env.peers->know(seen.nodes);
  std::vector<std::string> incarnations;
  for (const auto& node : seen.nodes)
    incarnations.push_back(node.incarnation);
  env.usage.set_nodes(incarnations, env.uptime());
}

keeper::consequences consequences_for(self_pointer self) {
  auto* const env = self->state.env;
  return {.gained =
              [self, env](const keeper::shards& gained) {
                self->send(env->addresses.janitor.get(), sweep_shards{gained});
              },
          .leaving =
              [self, env](const keeper::shards& leaving) {
                self->send(env->addresses.ingest.get(), shards_leaving{leaving});
              },
          .moved = [env] { tell_moved(*env); },
          .seen = [self](const persistence::cluster_view& seen) { take_view(self, seen); },
          .noted =
              [](const std::string& what, bool important) {
                spdlog::log(important ? spdlog::level::info : spdlog::level::warn, "cluster: {}",
                            what);
              }};
}

/// The others' word of their usage may be lost, and without links there is none: then the parts of
/// a limit are equal.
void tell_usage(self_pointer self) {
  auto& state = self->state;
  auto& env = *state.env;
  const auto now = env.uptime();
  if (now < state.usage_due)
    return;
  state.usage_due = now + usage_every;
  const auto told = env.usage.close_interval(now);
  if (env.peers != nullptr)
    env.peers->tell_all(told);
}

void show(const member_state& state) {
  const auto& env = *state.env;
  state.card->set_gauge(0, static_cast<std::int64_t>(env.shards.served_count()));
  state.card->set_gauge(1, static_cast<std::int64_t>(state.keeper->leaving_count()));
  state.card->set_gauge(2, static_cast<std::int64_t>(state.nodes));
  const bool is_fenced = !env.shards.may_attempt(env.uptime());
  state.card->set_gauge(3, is_fenced ? 1 : 0);
  env.metrics.cluster_shards.Set(static_cast<double>(env.shards.served_count()));
  env.metrics.cluster_nodes.Set(static_cast<double>(state.nodes));
  env.metrics.cluster_fenced.Set(is_fenced ? 1 : 0);
}

void keep_up(self_pointer self) {
  auto& state = self->state;
  const auto standing = state.keeper->keep_up();
  tell_usage(self);
  show(state);
  if (standing == keeper::standing::member)
    return;
  if (standing == keeper::standing::left && state.left)
    std::exchange(state.left, nullptr)->set_value();
  // Only another process, with another incarnation, can join again.
  if (standing == keeper::standing::buried)
    state.env->fail("the cluster has buried this node, or another process has taken its name");
  self->quit();
}

void set_timer(self_pointer self, std::chrono::milliseconds wait) {
  self->delayed_send(self, wait, membership_due{++self->state.timer_generation});
}

/// Several who say so at once are answered by one look.
void look_soon(self_pointer self) {
  if (!std::exchange(self->state.is_asked_to_look, true))
    set_timer(self, look_pause);
}

}  // namespace

member_actor::behavior_type member(self_pointer self, environment* env,
                                   std::shared_ptr<supervision::actor_card> card) {
  supervision::begin(self, card, env->observer);
  auto& state = self->state;
  state.env = env;
  state.card = std::move(card);
  state.membership = env->store.open_membership();
  state.keeper.emplace(env->incarnation, env->settings.membership, *state.membership, env->shards,
                       env->uptime, consequences_for(self));
  set_timer(self, 0ms);
  return {
      [self](membership_due due) {
        if (due.generation != self->state.timer_generation)
          return;
        self->state.is_asked_to_look = false;
        set_timer(self, look_every);
        keep_up(self);
      },
      [self](look_now) { look_soon(self); },
      [self](const shards_vacated& vacated) {
        self->state.keeper->vacated(vacated.shards);
        look_soon(self);
      },
      [self](shard_lost lost) {
        self->state.keeper->lost(lost.shard);
        look_soon(self);
      },
      [self](leave_cluster& leave) {
        self->state.left = std::move(leave.left);
        self->state.keeper->leave();
        look_soon(self);
      },
  };
}

}  // namespace talaria::actors
