#include "actors/store_reader.hpp"

#include <caf/all.hpp>

#include <utility>

namespace talaria::actors {

namespace {

using self_pointer = supervision::observed_pointer<store_reader_actor, store_reader_state>;

domain::result<subscription_pointer> find(persistence::catalog& catalog,
                                          domain::subscription_number number) {
  auto found = catalog.find_subscription(number);
  if (!found)
    return tl::unexpected(found.error());
  return std::make_shared<const domain::subscription>(*std::move(found));
}

/// Without ever holding more than one subscription as a whole.
domain::result<catalog_snapshot> take_snapshot(persistence::catalog& catalog) {
  catalog_snapshot snapshot{.revision = 0,
                            .paused_queues = {},
                            .fan_out = std::make_shared<domain::fan_out>(),
                            .entries = {}};
  const auto revision = catalog.each_subscription([&](const domain::subscription& shown) {
    snapshot.fan_out->put(shown);
    snapshot.entries[shown.number] = to_entry(shown);
  });
  if (!revision)
    return tl::unexpected(revision.error());
  const auto paused = catalog.paused_queues();
  if (!paused)
    return tl::unexpected(paused.error());
  snapshot.paused_queues = *paused;
  snapshot.revision = *revision;
  return snapshot;
}

template <class Call>
auto timed(const store_reader_state& state, store_operation operation, Call&& call) {
  return state.env->metrics.store.time(operation, std::forward<Call>(call));
}

void answer(self_pointer self, const load_catalog& load) {
  const auto& state = self->state;
  auto& catalog = *state.catalog;
  if (load.since_revision)
    self->send(load.reply_to, catalog_loaded{timed(state, store_operation::load_catalog, [&] {
                 return catalog.changes_since(*load.since_revision);
               })});
  else
    self->send(load.reply_to,
               catalog_snapshot_loaded{timed(state, store_operation::load_catalog,
                                             [&] { return take_snapshot(catalog); })});
}

}  // namespace

store_reader_actor::behavior_type store_reader(self_pointer self, environment* env,
                                               std::shared_ptr<supervision::actor_card> card) {
  supervision::begin(self, std::move(card), env->observer);
  self->state.env = env;
  self->state.queue = env->store.open_queue_reader();
  self->state.catalog = env->store.open_catalog();
  return {
      [self](const load_page& load) {
        self->send(load.reply_to, page_loaded{timed(self->state, store_operation::load_page, [&] {
                     return self->state.queue->page(load.wanted);
                   })});
      },
      [self](const load_subscription& load) {
        self->send(load.reply_to,
                   subscription_loaded{timed(self->state, store_operation::load_subscription, [&] {
                     return find(*self->state.catalog, load.subscription);
                   })});
      },
      [self](const load_catalog& load) { answer(self, load); },
  };
}

}  // namespace talaria::actors
