#include "app/actor_tree.hpp"

#include "actors/announcer.hpp"
#include "actors/commit_display.hpp"
#include "actors/dispatcher.hpp"
#include "actors/event_writer.hpp"
#include "actors/ingest.hpp"
#include "actors/janitor.hpp"
#include "actors/member.hpp"
#include "actors/outcome_writer.hpp"
#include "actors/recoverer.hpp"
#include "actors/store_reader.hpp"
#include "actors/surveyor.hpp"
#include "app/cluster_links.hpp"
#include "supervision/supervisor.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace talaria::app {

namespace {

using supervision::child_spec;
using supervision::exhaustion;
using supervision::strategy;

supervision::supervisor_options supervisor_at(std::string path, strategy restarts,
                                              actors::environment& env) {
  return {.path = std::move(path),
          .restarts = restarts,
          .policy = {},
          .stop_grace = std::chrono::seconds{5},
          .actors = &env.directory,
          .now = env.now,
          .jitter = env.random_fraction,
          .on_failure =
              [&env](const supervision::actor_card& child, const std::string& reason) {
                env.metrics.actor_failures(child.kind).Increment();
                spdlog::error("{} failed: {}", child.path, reason);
              },
          .on_restart =
              [&env](const supervision::actor_card& child) {
                env.metrics.actor_restarts(child.kind).Increment();
              },
          .on_exhausted =
              [](const supervision::actor_card& child, exhaustion follows) {
                spdlog::error("{} failed more often than it may: {}", child.path,
                              follows == exhaustion::quarantine ? "it is quarantined"
                                                                : "its supervisor gives up");
              },
          .on_given_up =
              [](const supervision::actor_card& child) {
                spdlog::error("{} does not end, even killed: it is left behind", child.path);
              }};
}

/// A counter that appears with its first failure would hide that failure from a rate.
void count_from_zero(std::string_view kind, actors::metrics& metrics) {
  metrics.actor_failures(kind);
  metrics.actor_restarts(kind);
  metrics.actor_slow_messages(kind);
  metrics.actor_backlogs(kind);
  metrics.actor_dead_letters(kind);
}

/// A child whose handle is found at an address.
template <class Behavior, class Handle>
child_spec child(std::string name, std::string kind, Behavior behavior,
                 supervision::address<Handle> address, actors::environment& env,
                 std::span<const supervision::gauge> gauges = {},
                 blocking_actors runs = blocking_actors::scheduled) {
  count_from_zero(kind, env.metrics);
  return {.name = std::move(name),
          .kind = std::move(kind),
          .gauges = gauges,
          .start = [behavior, address, &env, runs](caf::scheduled_actor& supervisor,
                                                   std::shared_ptr<supervision::actor_card> card) {
            auto handle = runs == blocking_actors::detached
                              ? supervisor.spawn<caf::detached>(behavior, &env, std::move(card))
                              : supervisor.spawn(behavior, &env, std::move(card));
            address.set(handle);
            return caf::actor_cast<caf::actor>(handle);
          }};
}

child_spec dispensable(child_spec spec) {
  spec.when_exhausted = exhaustion::quarantine;
  return spec;
}

child_spec group(std::string name, strategy restarts, std::vector<child_spec> children,
                 actors::environment& env) {
  count_from_zero("supervisor", env.metrics);
  auto options = supervisor_at("/" + name, restarts, env);
  return {.name = std::move(name),
          .kind = "supervisor",
          .gauges = {},
          .start = [options = std::move(options), children = std::move(children), &env](
                       caf::scheduled_actor& supervisor,
                       std::shared_ptr<supervision::actor_card> card) {
            return supervisor.spawn(supervision::supervisor, options, children, std::move(card),
                                    &env.observer);
          }};
}

/// See `cluster::links::start_gateway` for why it is not made like the others.
child_spec gateway_of(cluster_links& links, actors::environment& env) {
  count_from_zero(cluster::gateway_name, env.metrics);
  return {.name = cluster::gateway_name,
          .kind = cluster::gateway_name,
          .gauges = cluster::gateway_gauges,
          .start = [&links](caf::scheduled_actor& supervisor,
                            std::shared_ptr<supervision::actor_card> card) {
            return links.start_gateway(supervisor, std::move(card));
          }};
}

std::vector<child_spec> store_writers(actors::environment& env, blocking_actors blocking) {
  std::vector<child_spec> writers;
  for (std::size_t i = 0; i < env.addresses.event_writers.size(); ++i)
    writers.push_back(child(fmt::format("event_writer-{}", i), "event_writer", actors::event_writer,
                            env.addresses.event_writers[i], env, actors::writer_gauges, blocking));
  for (std::size_t i = 0; i < env.addresses.outcome_writers.size(); ++i)
    writers.push_back(child(fmt::format("outcome_writer-{}", i), "outcome_writer",
                            actors::outcome_writer, env.addresses.outcome_writers[i], env,
                            actors::writer_gauges, blocking));
  return writers;
}

}  // namespace

caf::actor start_actor_tree(caf::actor_system& system, actors::environment& env,
                            blocking_actors blocking, cluster_links* links) {
  auto& at = env.addresses;
  count_from_zero("subscription", env.metrics);
  std::vector<child_spec> children{
      group("store_writers", strategy::one_for_one, store_writers(env, blocking), env),
      child("store_reader", "store_reader", actors::store_reader, at.store_reader, env, {},
            blocking),
      child("dispatcher", "dispatcher", actors::dispatcher, at.dispatcher, env,
            actors::dispatcher_gauges),
      // Supervises the subscriptions: /ingest/subscription-1, ...
      child("ingest", "ingest", actors::ingest, at.ingest, env, actors::ingest_gauges),
      child("janitor", "janitor", actors::janitor, at.janitor, env, {}, blocking),
      // What the others can do without is quarantined rather than taking them with it.
      dispensable(
          child("announcer", "announcer", actors::announcer, at.announcer, env, {}, blocking)),
      dispensable(
          child("recoverer", "recoverer", actors::recoverer, at.recoverer, env, {}, blocking)),
      dispensable(child("surveyor", "surveyor", actors::surveyor, at.surveyor, env, {}, blocking)),
  };
  // First, and so stopped last: the others tell other nodes things until their end.
  if (links != nullptr)
    children.insert(children.begin(), dispensable(gateway_of(*links, env)));
  if (env.is_shared)
    children.push_back(
        child("member", "member", actors::member, at.member, env, actors::member_gauges, blocking));
  return system.spawn(supervision::supervisor, supervisor_at("", strategy::one_for_one, env),
                      std::move(children), nullptr, &env.observer);
}

}  // namespace talaria::app
