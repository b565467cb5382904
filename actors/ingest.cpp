#include "actors/ingest.hpp"

#include "actors/subscription_children.hpp"
#include "cluster/limits.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace talaria::actors {

namespace {

using namespace std::chrono_literals;

constexpr auto catalog_patience = 5s;
constexpr auto pause_after_failure = 200ms;

// ------------------------------------------------------------------------------ the catalogue

void start_catalog_load(ingest_pointer self) {
  auto& state = self->state;
  if (state.catalog_loading) {
    state.catalog_outdated = true;
    return;
  }
  state.catalog_loading = true;
  state.catalog_outdated = false;
  self->send(
      state.env->addresses.store_reader.get(),
      load_catalog{state.catalog_loaded ? std::optional{state.catalog_revision} : std::nullopt,
                   self});
  // The answer may never come: the reader may die with the question.
  self->delayed_send(self, catalog_patience, catalog_load_due{++state.load_generation});
}

void apply_change(ingest_pointer self, const subscription_pointer& changed) {
  auto& state = self->state;
  const auto number = changed->number;
  const auto entry = to_entry(*changed);
  const auto known = state.catalog.find(number);
  const bool resumed = known != state.catalog.end() && !known->second.delivers && entry.delivers;
  state.catalog[number] = entry;
  state.fan_out->put(*changed);
  if (auto* awake = find_awake(self, number))
    send_to(self, *awake, subscription_changed{changed});
  if (resumed) {
    if (auto* awake = wake_subscription(self, number))
      send_to(self, *awake, work_available{});
  }
}

/// @returns whether it is a change.
bool apply_paused_queues(ingest_pointer self, domain::priority_set paused) {
  if (self->state.env->paused_queues.exchange(paused.bits()) == paused.bits())
    return false;
  for (auto& [number, child] : self->state.subscriptions) {
    if (child.life.stays())
      send_to(self, child, queues_changed{});
  }
  return true;
}

/// For what subscriptions that sleep, or died, have due: nobody remembers when that was.
void ask_for_sweep(ingest_pointer self) {
  self->send(self->state.env->addresses.janitor.get(), sweep_everything{});
}

void apply_deletion(ingest_pointer self, domain::subscription_number number) {
  auto& state = self->state;
  state.catalog.erase(number);
  state.fan_out->erase(number);
  if (auto* awake = find_awake(self, number))
    end_subscription(self, *awake);
}

void submit_waiting(ingest_pointer self);

void catalog_failed(ingest_pointer self, const domain::error& error) {
  auto& state = self->state;
  spdlog::warn("the catalogue could not be loaded: {}", error.detail);
  for (const auto& submission : std::exchange(state.waiting, {}))
    submission->answer(tl::unexpected(error));
  self->delayed_send(self, pause_after_failure, catalog_load_due{++state.load_generation});
}

void catalog_current(ingest_pointer self, std::int64_t revision) {
  auto& state = self->state;
  state.catalog_revision = revision;
  state.catalog_loaded = true;
  submit_waiting(self);
  if (state.catalog_outdated)
    start_catalog_load(self);
}

void take_snapshot(ingest_pointer self, catalog_snapshot_loaded& loaded) {
  auto& state = self->state;
  // One that was given up may come after the one that replaced it.
  if (!state.catalog_loading || state.catalog_loaded)
    return;
  state.catalog_loading = false;
  if (!loaded.snapshot) {
    catalog_failed(self, loaded.snapshot.error());
    return;
  }
  state.catalog = std::move(loaded.snapshot->entries);
  state.fan_out = std::move(loaded.snapshot->fan_out);
  apply_paused_queues(self, loaded.snapshot->paused_queues);
  ask_for_sweep(self);
  catalog_current(self, loaded.snapshot->revision);
}

void take_changes(ingest_pointer self, catalog_loaded& loaded) {
  auto& state = self->state;
  if (!state.catalog_loading)
    return;
  state.catalog_loading = false;
  if (!loaded.changes) {
    catalog_failed(self, loaded.changes.error());
    return;
  }
  for (const auto& changed : loaded.changes->changed)
    apply_change(self, changed);
  for (const auto number : loaded.changes->deleted)
    apply_deletion(self, number);
  if (apply_paused_queues(self, loaded.changes->paused_queues))
    ask_for_sweep(self);
  catalog_current(self, loaded.changes->revision);
}

// -------------------------------------------------------------------------------- submissions

/// The first writer that still gathers a group; the idlest if none does. With little to do one
/// writer does all of it, since large groups cost less than many at once.
std::size_t choose_writer(const ingest_state& state) {
  const auto full = static_cast<std::int64_t>(state.env->settings.append_events_max);
  const auto& loads = state.writer_loads;
  const auto gathering =
      std::ranges::find_if(loads, [&](const writer_load& load) { return load.events() < full; });
  const auto chosen = gathering != loads.end()
                          ? gathering
                          : std::ranges::min_element(loads, {}, &writer_load::events);
  return static_cast<std::size_t>(chosen - loads.begin());
}

void fan_out_and_append(ingest_pointer self, std::shared_ptr<pending_submission> submission) {
  auto& state = self->state;
  append_events append;
  append.catalog_revision = state.catalog_revision;
  append.fan_out.reserve(submission->drafts().size());
  for (const auto& draft : submission->drafts()) {
    auto& targets = append.fan_out.emplace_back();
    for (const auto number : state.fan_out->match(*draft.event)) {
      const auto& entry = state.catalog.at(number);
      targets.push_back({number, entry.shard, entry.ordering, entry.priority});
    }
  }
  append.submission = std::move(submission);
  const auto writer = choose_writer(state);
  append.load = state.writer_loads[writer].add(static_cast<std::int64_t>(append.fan_out.size()));
  self->send(state.env->addresses.event_writers[writer].get(), std::move(append));
}

void submit_waiting(ingest_pointer self) {
  for (auto& submission : std::exchange(self->state.waiting, {}))
    fan_out_and_append(self, std::move(submission));
}

void identify_events(ingest_pointer self, pending_submission& submission) {
  auto& state = self->state;
  const auto now = state.env->now();
  for (auto& draft : submission.drafts()) {
    auto& event = *draft.event;
    event.id = state.ids.next_event_id(now, state.env->random_bits());
    event.received_at = now;
    if (draft.occurred_now)
      event.occurred_at = now;
    if (draft.idempotent)
      draft.idempotent->expires_at = now + state.env->settings.idempotency_window;
  }
}

void admit(ingest_pointer self, std::shared_ptr<pending_submission> submission) {
  auto& state = self->state;
  if (state.drained) {
    submission->answer(domain::fail(domain::ec::draining, "this node is shutting down"));
    return;
  }
  identify_events(self, *submission);
  if (state.catalog_loaded) {
    fan_out_and_append(self, std::move(submission));
    return;
  }
  state.waiting.push_back(std::move(submission));
  start_catalog_load(self);
}

// ------------------------------------------------------------------------------------ routing

/// Tells the owners of shards what is due for subscriptions of theirs.
class hints {
public:
  explicit hints(ingest_pointer self)
      : peers_{self->state.env->peers},
        owners_{peers_ == nullptr ? nullptr : self->state.env->shards.who_owns()} {}
  hints(const hints&) = delete;
  hints& operator=(const hints&) = delete;

  ~hints() {
    for (auto& [owner, due] : due_) {
      std::ranges::sort(due);
      due.erase(std::unique(due.begin(), due.end()), due.end());
      for (std::size_t at = 0; at < due.size(); at += cluster::limits::due_subscriptions_max)
        send(owner, std::span{due}.subspan(at));
    }
  }

  void add(persistence::shard_id shard, domain::subscription_number number) {
    const auto* owner = owner_of(shard);
    if (owner != nullptr)
      due_[*owner].push_back(domain::to_integer(number));
  }

  void tell(persistence::shard_id shard, const cluster::peer_message& message) const {
    if (const auto* owner = owner_of(shard))
      peers_->tell(*owner, message);
  }

private:
  const std::string* owner_of(persistence::shard_id shard) const {
    if (!owners_)
      return nullptr;
    const auto& owner = owners_->at(static_cast<std::size_t>(shard));
    return owner.empty() ? nullptr : &owner;
  }

  void send(const std::string& owner, std::span<const std::int64_t> due) {
    const auto part = due.first(std::min(due.size(), cluster::limits::due_subscriptions_max));
    peers_->tell(owner, cluster::deliveries_due{{part.begin(), part.end()}});
  }

  peers* const peers_;
  const std::shared_ptr<const cluster::shard_table::owners> owners_;
  std::unordered_map<std::string, std::vector<std::int64_t>> due_;
};

void route(ingest_pointer self, events_committed& committed) {
  by_subscription_number<deliver> by_subscription;
  hints elsewhere{self};
  for (auto& event : committed.events) {
    for (const auto& target : event.fan_out) {
      if (self->state.env->shards.serves(target.shard))
        by_subscription[target.subscription].events.push_back(event.event);
      else
        elsewhere.add(target.shard, target.subscription);
    }
  }
  for (auto& [number, deliveries] : by_subscription) {
    if (auto* subscription = wake_subscription(self, number))
      send_to(self, *subscription, std::move(deliveries));
  }
}

void wake(ingest_pointer self, domain::subscription_number number, work_available work) {
  if (auto* subscription = wake_subscription(self, number))
    send_to(self, *subscription, work);
}

void wake_all(ingest_pointer self, const deliveries_due& due) {
  hints elsewhere{self};
  for (const auto number : due.subscriptions) {
    const auto known = self->state.catalog.find(number);
    if (known == self->state.catalog.end() || !known->second.delivers)
      continue;
    if (self->state.env->shards.serves(known->second.shard))
      wake(self, number, work_available{});
    else
      elsewhere.add(known->second.shard, number);
  }
}

void wake_for_others(ingest_pointer self, const deliveries_committed_elsewhere& due) {
  for (const auto number : due.subscriptions) {
    const auto known = self->state.catalog.find(number);
    // One that is not known yet has a change of the catalogue on its way; the sweep finds it.
    if (known != self->state.catalog.end() && known->second.delivers)
      wake(self, number, work_available{.unseen = true});
  }
}

void pass_on(ingest_pointer self, const delivery_cancelled& cancelled) {
  const auto number = cancelled.delivery.subscription;
  if (auto* awake = find_awake(self, number)) {
    send_to(self, *awake, cancelled);
    return;
  }
  const auto known = self->state.catalog.find(number);
  if (known != self->state.catalog.end() && !self->state.env->shards.serves(known->second.shard))
    hints{self}.tell(known->second.shard, cluster::delivery_cancelled{domain::to_integer(number),
                                                                      cancelled.delivery.event});
}

void let_idle_end(ingest_pointer self, const subscription_idle& idle) {
  auto* subscription = find_awake(self, idle.number);
  if (subscription != nullptr && subscription->messages_sent == idle.messages_seen)
    end_subscription(self, *subscription);
}

void show(ingest_pointer self) {
  const auto& state = self->state;
  const std::array<std::int64_t, 4> values{static_cast<std::int64_t>(state.catalog.size()),
                                           state.catalog_revision,
                                           static_cast<std::int64_t>(state.subscriptions.size()),
                                           static_cast<std::int64_t>(state.waiting.size())};
  for (std::size_t i = 0; i < values.size(); ++i)
    state.card->set_gauge(i, values.at(i));
}

}  // namespace

ingest_actor::behavior_type ingest(ingest_pointer self, environment* env,
                                   std::shared_ptr<supervision::actor_card> card) {
  supervision::begin(self, card, env->observer);
  self->state.env = env;
  self->state.writer_loads.resize(env->addresses.event_writers.size());
  self->state.card = std::move(card);
  self->set_down_handler([self](caf::down_msg& down) { subscription_down(self, down); });
  start_catalog_load(self);
  return {
      [self](submit_events& submit) { admit(self, std::move(submit.submission)); },
      [self](events_committed& committed) {
        route(self, committed);
        show(self);
      },
      [self](fan_out_outdated& outdated) {
        auto& waiting = self->state.waiting;
        std::move(outdated.submissions.begin(), outdated.submissions.end(),
                  std::back_inserter(waiting));
        start_catalog_load(self);
      },
      [self](catalog_changed) { start_catalog_load(self); },
      [self](catalog_snapshot_loaded& loaded) {
        take_snapshot(self, loaded);
        show(self);
      },
      [self](catalog_loaded& loaded) {
        take_changes(self, loaded);
        show(self);
      },
      [self](catalog_load_due due) {
        if (due.generation != self->state.load_generation)
          return;
        const bool answered = !self->state.catalog_loading && self->state.catalog_loaded;
        self->state.catalog_loading = false;
        if (!answered || self->state.catalog_outdated)
          start_catalog_load(self);
      },
      [self](const deliveries_due& due) { wake_all(self, due); },
      [self](const deliveries_committed_elsewhere& due) { wake_for_others(self, due); },
      [self](const delivery_cancelled& cancelled) { pass_on(self, cancelled); },
      [self](const subscription_idle& idle) { let_idle_end(self, idle); },
      [self](const subscription_fenced& fenced) { lose_subscription(self, fenced.number); },
      [self](const shards_leaving& leaving) { vacate(self, leaving); },
      [self](restart_due restart) { restart_subscription(self, restart.number); },
      [self](const event_settled& settled) { forget_poison(self, settled); },
      [self](const command_subscription& asked) { obey(self, asked); },
      [self](const restart_grace_over& grace) { kill_slow_subscription(self, grace); },
      [self](drain_all& drain) {
        for (const auto& submission : std::exchange(self->state.waiting, {}))
          submission->answer(domain::fail(domain::ec::draining, "this node is shutting down"));
        drain_subscriptions(self, std::move(drain.drained));
      },
  };
}

}  // namespace talaria::actors
