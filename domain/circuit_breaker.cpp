#include "domain/circuit_breaker.hpp"

#include "domain/state_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace talaria::domain {

namespace {

std::string describe_failure(const attempt& made) {
  if (made.error != attempt_error::none)
    return std::string{to_string(made.error)};
  return fmt::format("status {}", made.status_code);
}

}  // namespace

std::string_view to_string(breaker_state state) {
  return text_of(breaker_state_texts, state);
}

breaker_state state_of(const std::optional<breaker_opening>& opening, timestamp now) {
  if (!opening)
    return breaker_state::closed;
  return opening->next_probe_at <= now ? breaker_state::half_open : breaker_state::open;
}

void circuit_breaker::configure(const circuit_breaker_settings& settings) {
  if (settings.window != settings_.window)
    window_ = {};
  settings_ = settings;
  if (!settings_.enabled && state_ != breaker_state::closed)
    close();
}

void circuit_breaker::restore(std::optional<breaker_opening> opening) {
  if (!settings_.enabled || !opening)
    return;
  opening_ = std::move(opening);
  state_ = breaker_state::open;
  ++period_;
}

std::optional<timestamp> circuit_breaker::next(timestamp now) const {
  switch (state_) {
    case breaker_state::closed:
      return now;
    case breaker_state::open:
      return std::max(now, opening_->next_probe_at);
    default:
      if (probes_under_way_ + probes_failed_ < settings_.half_open_calls)
        return now;
      return std::nullopt;
  }
}

circuit_breaker::permit circuit_breaker::take(timestamp) {
  if (state_ == breaker_state::open) {
    state_ = breaker_state::half_open;
    ++period_;
    probes_under_way_ = 0;
    probes_failed_ = 0;
  }
  if (state_ == breaker_state::half_open)
    ++probes_under_way_;
  return {period_};
}

circuit_breaker::change circuit_breaker::ended(permit given, const attempt& made, timestamp now) {
  if (given.period != period_ || !settings_.enabled)
    return change::none;
  return state_ == breaker_state::half_open ? judge_probe(made, now) : judge_window(made, now);
}

void circuit_breaker::abandoned(permit given) {
  if (given.period == period_ && state_ == breaker_state::half_open)
    --probes_under_way_;
}

circuit_breaker::change circuit_breaker::judge_probe(const attempt& made, timestamp now) {
  if (made.succeeded()) {
    close();
    return change::closed;
  }
  --probes_under_way_;
  ++probes_failed_;
  if (probes_failed_ < settings_.half_open_calls)
    return change::none;
  open(now, fmt::format("{} of {} probes failed, the last with {}", probes_failed_, probes_failed_,
                        describe_failure(made)));
  return change::reopened;
}

circuit_breaker::change circuit_breaker::judge_window(const attempt& made, timestamp now) {
  count(made.succeeded(), now);
  if (made.succeeded())
    return change::none;
  const auto seen = total(now);
  if (seen.calls < settings_.min_calls || seen.failures < settings_.failure_rate * seen.calls)
    return change::none;
  open(now,
       fmt::format("{} of {} attempts failed within {} s, the last with {}", seen.failures,
                   seen.calls, std::chrono::ceil<std::chrono::seconds>(settings_.window).count(),
                   describe_failure(made)));
  return change::opened;
}

std::int64_t circuit_breaker::slice_number(timestamp now) const {
  const auto width = std::chrono::microseconds{settings_.window} / slices;
  return now.time_since_epoch() / width;
}

void circuit_breaker::count(bool succeeded, timestamp now) {
  const auto number = slice_number(now);
  auto& current = window_.at(static_cast<std::size_t>(number % std::int64_t{slices}));
  if (current.number != number)
    current = {.number = number};
  ++current.calls;
  current.failures += succeeded ? 0 : 1;
}

circuit_breaker::slice circuit_breaker::total(timestamp now) const {
  slice sum{.number = slice_number(now)};
  for (const auto& each : window_) {
    if (each.number <= sum.number - std::int64_t{slices} || each.number > sum.number)
      continue;
    sum.calls += each.calls;
    sum.failures += each.failures;
  }
  return sum;
}

circuit_breaker::counts circuit_breaker::seen(timestamp now) const {
  const auto sum = total(now);
  return {.calls = sum.calls, .failures = sum.failures};
}

void circuit_breaker::open(timestamp now, std::string reason) {
  // One that opens again has been open all the time, to those who look at it.
  const auto opened_at = opening_ ? opening_->opened_at : now;
  opening_ = {
      .opened_at = opened_at, .next_probe_at = now + settings_.open, .reason = std::move(reason)};
  state_ = breaker_state::open;
  ++period_;
}

void circuit_breaker::close() {
  opening_.reset();
  state_ = breaker_state::closed;
  window_ = {};
  ++period_;
}

}  // namespace talaria::domain
