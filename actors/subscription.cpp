#include "actors/subscription.hpp"

#include "actors/subscription_display.hpp"
#include "domain/delivery.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace talaria::actors {

namespace {

using self_pointer = supervision::observed_pointer<subscription_actor, subscription_state>;
using namespace std::chrono_literals;

/// After a failed read of the store, or an attempt that could not be started.
constexpr auto pause_after_failure = 200ms;
/// A page that is missing for so long is lost: the reader died.
constexpr auto page_patience = 30s;
constexpr auto settings_patience = 5s;
/// A wake-up that finds deliveries under way for less than this takes them for what the sweep saw.
constexpr auto sweep_echo = 1s;

constexpr std::uint16_t status_too_many_requests = 429;
constexpr std::uint16_t status_service_unavailable = 503;

domain::priority_set paused_queues(const subscription_state& state) {
  return domain::priority_set::of_bits(state.env->paused_queues);
}

/// Whether the one queue in which all of its deliveries are is paused.
bool is_held(const subscription_state& state) {
  const auto queue = state.subscription->settings.priority;
  return queue && paused_queues(state).contains(*queue);
}

bool may_deliver(const subscription_state& state) {
  return state.subscription && !state.draining && !state.fenced && !state.receiver_given_up &&
         state.subscription->active() && !state.subscription->paused && !is_held(state);
}

/// Deliveries of a subscription without a priority of its own are in the queues of their events.
void use_mode(subscription_state& state) {
  const auto& settings = state.subscription->settings;
  const auto held = settings.priority ? domain::priority_set{} : paused_queues(state);
  state.window->set_mode(settings.ordering, held);
}

void use_settings(subscription_state& state, subscription_pointer subscription) {
  state.subscription = std::move(subscription);
  state.rate.set_rate(state.subscription->settings.rate_limit_per_second);
  state.receiver->use(*state.subscription);
  use_mode(state);
  label(state);
}

/// It is not in memory while the subscription sleeps: a million of them are to cost next to
/// nothing.
void ask_for_settings(self_pointer self, domain::timestamp now) {
  auto& state = self->state;
  if (state.subscription || now < state.settings_due)
    return;
  state.settings_due = now + settings_patience;
  self->send(state.env->addresses.store_reader.get(), load_subscription{state.number, self});
}

void take_settings(self_pointer self, subscription_loaded& loaded) {
  auto& state = self->state;
  if (state.subscription)
    return;
  if (loaded.subscription)
    use_settings(state, *std::move(loaded.subscription));
  else
    state.settings_due = state.env->now() + pause_after_failure;
}

void dispatch(self_pointer self, delivery_window::taken taken, receiver_watch::permit permit) {
  const event_at_hand::mark marked{*self->state.at_hand, taken.event->id};
  const auto event = taken.event->id;
  auto report = [subscription = subscription_actor{self}, event, permit](attempt_result result) {
    caf::anon_send(subscription, attempt_finished{event, permit, std::move(result)});
  };
  auto order = std::make_shared<attempt_order>(
      attempt_order::content{.subscription = self->state.subscription,
                             .event = std::move(taken.event),
                             .number = taken.progress.attempts + 1,
                             .sequence = taken.sequence},
      std::move(report));
  self->send(self->state.env->addresses.dispatcher.get(), dispatch_attempt{std::move(order)});
}

/// The earliest time, from `now` on, at which the rate and the receiver's breaker allow another
/// attempt; absent: when one that is under way has ended.
std::optional<domain::timestamp> next_attempt(const subscription_state& state,
                                              domain::timestamp now) {
  const auto allowed = state.receiver->next(now);
  const bool full = state.window->in_flight() >= state.subscription->settings.max_in_flight;
  if (!allowed || full)
    return std::nullopt;
  return std::max(*allowed, state.rate.next(now));
}

/// A breaker that is not closed lets a few probes through, for which a few deliveries are enough.
std::size_t deliveries_wanted(const subscription_state& state) {
  if (state.receiver->state() == domain::breaker_state::closed)
    return state.env->settings.window.deliveries_max;
  return state.window->size() + state.subscription->settings.circuit_breaker.half_open_calls;
}

void ask_for_page(self_pointer self, domain::timestamp now) {
  auto& state = self->state;
  if (state.window->page_under_way() && now - state.page_asked_at >= page_patience)
    state.window->page_failed(now);
  auto page = state.window->next_page(now);
  if (!page)
    return;
  page->deliveries_max = std::min(page->deliveries_max, deliveries_wanted(state));
  state.page_asked_at = now;
  page->subscription = state.number;
  self->send(state.env->addresses.store_reader.get(), load_page{*page, self});
}

outcome_writer_actor writer_of(const subscription_state& state) {
  const auto& writers = state.env->addresses.outcome_writers;
  return writers[domain::to_integer(state.number) % writers.size()].get();
}

void send_outcome(self_pointer self, persistence::outcome outcome) {
  self->send(writer_of(self->state), record_outcome{std::move(outcome), self});
}

void send_health(self_pointer self, receiver_watch::finding found, domain::timestamp now) {
  const auto& state = self->state;
  self->send(writer_of(state), record_health{{.subscription = state.number,
                                              .shard = state.shard,
                                              .epoch = state.epoch,
                                              .health = std::move(found.health),
                                              .given_up = found.given_up,
                                              .changed_at = now,
                                              .tells = std::move(found.tells)}});
}

void set_timer(self_pointer self, domain::timestamp now) {
  auto& state = self->state;
  auto wake = now + state.env->settings.passivate_after;
  if (!state.subscription)
    wake = std::min<domain::timestamp>(wake, state.settings_due);
  if (const auto due = state.window->next_wake(); due && may_deliver(state)) {
    if (const auto next = next_attempt(state, now))
      wake = std::min(wake, std::max(*due, *next));
  }
  if (state.window->recording() > 0)
    wake = std::min<domain::timestamp>(wake, now + state.env->settings.window.record_patience);
  if (state.window->page_under_way())
    wake = std::min<domain::timestamp>(wake, now + page_patience);
  // The window may wait for room rather than for time; its next change looks again.
  wake = std::max<domain::timestamp>(wake, now + 1ms);
  if (state.timer_set_for && *state.timer_set_for > now && *state.timer_set_for <= wake)
    return;
  state.timer_set_for = wake;
  self->delayed_send(self, wake - now, wake_due{++state.timer_generation});
}

/// Whether the breaker keeps from the receiver what is due: nobody else would look for it.
bool holds_back(const subscription_state& state, domain::timestamp now) {
  if (!may_deliver(state) || state.receiver->state() == domain::breaker_state::closed)
    return false;
  const auto stored = state.window->next_in_store();
  return stored && *stored <= state.receiver->next(now).value_or(now);
}

void end_if_idle(self_pointer self, domain::timestamp now) {
  auto& state = self->state;
  if (state.window->size() > 0 || state.window->page_under_way() || holds_back(state, now)) {
    state.last_work = now;
    return;
  }
  if (now - state.last_work < state.env->settings.passivate_after)
    return;
  state.last_work = now;
  if (auto unstored = state.receiver->take_unstored())
    send_health(self, *std::move(unstored), now);
  self->send(state.env->addresses.ingest.get(),
             subscription_idle{state.number, state.messages_seen});
}

/// Notes with an outcome what its operators are to know of it.
void tell(subscription_state& state, persistence::outcome& outcome, const domain::event& event,
          domain::timestamp now) {
  const auto next_id = [&] { return state.ids.next(now, state.env->random_bits()); };
  if (outcome.status == domain::delivery_status::dead)
    outcome.tells.push_back(
        domain::tell_dead(next_id(), *state.subscription, event, outcome.attempt, now));
  if (outcome.receiver_gone && !state.receiver_given_up)
    outcome.tells.push_back(domain::tell_disabled(next_id(), *state.subscription,
                                                  domain::disabled_reason::gone, {}, now));
}

persistence::outcome make_outcome(const subscription_state& state,
                                  const delivery_window::taken& tried, domain::attempt attempt,
                                  const domain::verdict& verdict) {
  return {.delivery = {tried.event->id, state.number},
          .shard = state.shard,
          .epoch = state.epoch,
          .attempt = std::move(attempt),
          .status = verdict.status,
          .run_attempts = tried.progress.run_attempts + 1,
          .due = verdict.due,
          .priority = state.subscription->settings.priority.value_or(tried.event->priority),
          .receiver_gone = verdict.gone,
          .tells = {}};
}

/// Ends a delivery whose handling fails time and again, without an attempt: one event must not keep
/// a subscription from its others.
void isolate(self_pointer self, const delivery_window::taken& poison, domain::timestamp now) {
  auto& state = self->state;
  const domain::attempt none{.number = poison.progress.attempts + 1,
                             .started_at = now,
                             .duration = {},
                             .status_code = 0,
                             .error = domain::attempt_error::isolated,
                             .response_body = {},
                             .node = state.env->node};
  auto outcome = make_outcome(state, poison, none,
                              {.status = domain::delivery_status::dead, .due = {}, .gone = false});
  tell(state, outcome, *poison.event, now);
  state.env->metrics.deliveries_isolated.Increment();
  spdlog::error("event {} of subscription {} is isolated: handling it failed {} times",
                to_string(poison.event->id), to_string(state.subscription->id),
                poison_watch::tries_max);
  state.window->finished(outcome, now);
  send_outcome(self, std::move(outcome));
}

void start_due_attempts(self_pointer self, domain::timestamp now) {
  auto& state = self->state;
  while (next_attempt(state, now) == now) {
    auto taken = state.window->take(now);
    if (!taken)
      return;
    if (state.isolated.contains(taken->event->id)) {
      isolate(self, *taken, now);
      continue;
    }
    state.rate.take(now);
    dispatch(self, *std::move(taken), state.receiver->take(now));
  }
}

/// After every message: starts what can start, fetches what is missing, and sets the one timer.
void move_on(self_pointer self) {
  auto& state = self->state;
  const auto now = state.env->now();
  ask_for_settings(self, now);
  if (may_deliver(state))
    start_due_attempts(self, now);
  if (may_deliver(state) && state.receiver->next(now) == now)
    ask_for_page(self, now);
  else if (state.subscription || state.draining)
    state.window->release_waiting();
  for (auto& outcome : state.window->overdue_records(now))
    send_outcome(self, std::move(outcome));
  show(state, now);
  if (state.draining && state.window->size() == 0) {
    if (auto unstored = state.receiver->take_unstored())
      send_health(self, *std::move(unstored), now);
    self->quit();
    return;
  }
  set_timer(self, now);
}

void watch_receiver(self_pointer self, receiver_watch::permit permit, const domain::attempt& made,
                    domain::timestamp now) {
  auto& state = self->state;
  auto found = state.receiver->ended(permit, made, *state.subscription, now);
  if (!found)
    return;
  state.receiver_given_up = state.receiver_given_up || found->given_up;
  send_health(self, *std::move(found), now);
}

/// How late a delivery is that somebody asked for once more says nothing about Talaria.
bool is_first_run(const domain::delivery_progress& progress) {
  return progress.attempts == progress.run_attempts;
}

void count(metrics& metrics, const domain::attempt& made, const domain::verdict& verdict,
           const delivery_window::taken& tried, domain::timestamp now) {
  metrics.count(made);
  if (verdict.status != domain::delivery_status::delivered || !is_first_run(tried.progress))
    return;
  const std::chrono::duration<double> lag = now - tried.event->received_at;
  metrics.delivery_lag_seconds.Observe(std::max(lag.count(), 0.0));
}

/// With the trace, by which the failure is found among those of other systems.
void log_failure(const subscription_state& state, const domain::attempt& made,
                 const domain::event& event, domain::delivery_status status) {
  const auto level =
      status == domain::delivery_status::dead ? spdlog::level::info : spdlog::level::debug;
  if (made.succeeded() || !spdlog::should_log(level))
    return;
  spdlog::log(level, "attempt {} of event {} for subscription {} failed: {}, status {}, trace {}{}",
              made.number, to_string(event.id), to_string(state.subscription->id),
              attempt_failure(made), made.status_code, domain::to_string(domain::trace_of(event)),
              status == domain::delivery_status::dead ? "; the delivery is dead" : "");
}

void judge_attempt(self_pointer self, attempt_finished& finished) {
  auto& state = self->state;
  const auto tried = state.window->find_in_flight(finished.event);
  if (!tried)
    return;
  const event_at_hand::mark marked{*state.at_hand, finished.event};
  const auto now = state.env->now();
  auto& attempt = finished.result.attempt;
  if (attempt.error == domain::attempt_error::aborted) {
    state.receiver->abandoned(finished.permit);
    state.window->aborted(finished.event, now + pause_after_failure);
    return;
  }
  const bool may_ask_to_wait = attempt.status_code == status_too_many_requests ||
                               attempt.status_code == status_service_unavailable;
  const auto retry_after = may_ask_to_wait ? finished.result.retry_after : std::nullopt;
  const auto verdict = domain::judge(tried->progress, attempt, state.subscription->settings.retry,
                                     retry_after, now, state.env->random_fraction());
  count(state.env->metrics, attempt, verdict, *tried, now);
  log_failure(state, attempt, *tried->event, verdict.status);
  watch_receiver(self, finished.permit, attempt, now);
  auto outcome = make_outcome(state, *tried, std::move(attempt), verdict);
  tell(state, outcome, *tried->event, now);
  state.receiver_given_up = state.receiver_given_up || verdict.gone;
  state.window->finished(outcome, now);
  state.env->reach(fault_points::attempt_after_response, *state.card);
  send_outcome(self, std::move(outcome));
}

void take_answers(self_pointer self, const outcomes_recorded& recorded) {
  auto& state = self->state;
  const auto now = state.env->now();
  for (const auto& outcome : recorded.outcomes) {
    state.fenced = state.fenced || outcome.status == persistence::record_status::fenced;
    if (state.isolated.erase(outcome.event) > 0)
      self->send(state.env->addresses.ingest.get(), event_settled{state.number, outcome.event});
    state.window->recorded(outcome.event, outcome.status, now);
  }
  if (state.fenced)
    self->send(state.env->addresses.ingest.get(), subscription_fenced{state.number});
}

void take_page(self_pointer self, const page_loaded& loaded) {
  auto& window = *self->state.window;
  if (!window.page_under_way())
    return;
  if (loaded.page)
    window.page_loaded(*loaded.page);
  else
    window.page_failed(self->state.env->now() + pause_after_failure);
}

/// A sweep sees deliveries that are under way here as well; only others are worth a page.
void look_in_store(self_pointer self, const work_available& work) {
  auto& window = *self->state.window;
  const auto now = self->state.env->now();
  const bool explained = !work.unseen && window.busy_since(now - sweep_echo);
  window.expect_in_store(explained ? now + page_patience : now);
}

}  // namespace

subscription_actor::behavior_type subscription(self_pointer self, environment* env,
                                               subscription_start start) {
  supervision::begin(self, start.card, env->observer);
  auto& state = self->state;
  state.env = env;
  state.card = std::move(start.card);
  state.number = start.number;
  state.shard = start.shard;
  state.epoch = start.epoch;
  state.at_hand = std::move(start.at_hand);
  state.isolated = std::move(start.isolated);
  state.window.emplace(env->settings.window);
  state.receiver.emplace(
      [&state] { return state.ids.next(state.env->now(), state.env->random_bits()); });
  state.breaker.emplace(env->metrics);
  state.last_work = env->now();
  // What the store holds is unknown: the first page tells.
  state.window->expect_in_store(state.last_work);
  // An orphan would go on beside the incarnation that the next `ingest` spawns.
  self->monitor(start.supervisor);
  self->set_down_handler([self](caf::down_msg&) { self->quit(caf::exit_reason::user_shutdown); });
  self->send(self, wake_due{++state.timer_generation});
  return {
      [self](deliver& fresh) {
        ++self->state.messages_seen;
        for (auto& event : fresh.events) {
          const event_at_hand::mark marked{*self->state.at_hand, event->id};
          self->state.window->add_fresh(std::move(event));
        }
        move_on(self);
      },
      [self](attempt_finished& finished) {
        judge_attempt(self, finished);
        move_on(self);
      },
      [self](const outcomes_recorded& recorded) {
        take_answers(self, recorded);
        move_on(self);
      },
      [self](const page_loaded& loaded) {
        take_page(self, loaded);
        move_on(self);
      },
      [self](subscription_loaded& loaded) {
        take_settings(self, loaded);
        move_on(self);
      },
      [self](wake_due wake) {
        if (wake.generation != self->state.timer_generation)
          return;
        self->state.timer_set_for.reset();
        end_if_idle(self, self->state.env->now());
        move_on(self);
      },
      [self](work_available work) {
        ++self->state.messages_seen;
        look_in_store(self, work);
        move_on(self);
      },
      [self](subscription_changed& changed) {
        ++self->state.messages_seen;
        use_settings(self->state, std::move(changed.subscription));
        self->state.receiver_given_up = false;
        move_on(self);
      },
      [self](queues_changed) {
        ++self->state.messages_seen;
        if (self->state.subscription)
          use_mode(self->state);
        move_on(self);
      },
      [self](const delivery_cancelled& cancelled) {
        ++self->state.messages_seen;
        self->state.window->cancelled(cancelled.delivery.event);
        move_on(self);
      },
      [self](drain) {
        ++self->state.messages_seen;
        self->state.draining = true;
        move_on(self);
      },
  };
}

}  // namespace talaria::actors
