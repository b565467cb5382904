#include "actors/subscription_display.hpp"

namespace talaria::actors {

namespace {

std::int64_t to_unix_ms(std::optional<domain::timestamp> time) {
  if (!time)
    return 0;
  return std::chrono::floor<std::chrono::milliseconds>(time->time_since_epoch()).count();
}

void note_breaker(subscription_state& state, domain::timestamp now) {
  const auto breaker = state.receiver->state();
  if (state.breaker->shown() != breaker)
    state.card->note("breaker", std::string{to_string(breaker)}, now);
  state.breaker->show(breaker);
}

}  // namespace

void show(subscription_state& state, domain::timestamp now) {
  const auto& window = *state.window;
  const auto seen = state.receiver->counts(now);
  const auto* settings = state.subscription ? &state.subscription->settings : nullptr;
  const auto integer = [](auto value) { return static_cast<std::int64_t>(value); };
  const std::array<std::int64_t, subscription_gauges.size()> values{
      integer(window.size()),
      integer(window.waiting()),
      integer(window.in_flight()),
      integer(window.recording()),
      integer(state.env->settings.window.deliveries_max),
      window.next_in_store() ? 1 : 0,
      to_unix_ms(window.next_wake()),
      state.subscription && state.subscription->paused ? 1 : 0,
      integer(state.receiver->state()),
      integer(seen.calls),
      integer(seen.failures),
      integer(state.rate.available(now)),
      settings != nullptr ? integer(settings->rate_limit_per_second.value_or(0)) : 0,
      settings != nullptr ? integer(settings->ordering) : 0,
      integer(state.isolated.size())};
  for (std::size_t i = 0; i < values.size(); ++i)
    state.card->set_gauge(i, values.at(i));
  note_breaker(state, now);
}

void label(const subscription_state& state) {
  state.card->set_labels({{"subscription_id", to_string(state.subscription->id)},
                          {"application_id", to_string(state.subscription->application)}});
}

}  // namespace talaria::actors
