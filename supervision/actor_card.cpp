#include "supervision/actor_card.hpp"

#include <caf/actor_cast.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace talaria::supervision {

namespace {

constexpr std::array<std::string_view, actor_state_count> state_texts{
    "running", "restarting", "backing_off", "quarantined", "stopping"};

void append_value(std::string& text, const gauge& shown, std::int64_t value) {
  const auto index = static_cast<std::size_t>(value);
  if (index < shown.texts.size())
    fmt::format_to(std::back_inserter(text), "\"{}\":\"{}\"", shown.name, shown.texts[index]);
  else
    fmt::format_to(std::back_inserter(text), "\"{}\":{}", shown.name, value);
}

}  // namespace

std::string_view to_string(actor_state state) {
  return state_texts.at(static_cast<std::size_t>(state));
}

std::optional<actor_state> to_actor_state(std::string_view text) {
  const auto found = std::ranges::find(state_texts, text);
  if (found == state_texts.end())
    return std::nullopt;
  return static_cast<actor_state>(found - state_texts.begin());
}

actor_card::actor_card(std::string card_path, std::string card_kind, domain::timestamp started_at,
                       std::span<const gauge> gauges, life_log* log)
    : path(std::move(card_path)),
      kind(std::move(card_kind)),
      log_(log),
      gauges_(gauges),
      values_(gauges.size()) {
  view_.started_at = started_at;
}

void actor_card::write(life_change change, domain::timestamp now, std::string text,
                       std::string topic) {
  if (log_ == nullptr)
    return;
  log_->write({.change = change,
               .at = now,
               .path = path,
               .kind = kind,
               .text = std::move(text),
               .topic = std::move(topic)});
}

void actor_card::failed(std::string reason, domain::timestamp now) {
  write(life_change::failed, now, reason);
  ++failures_;
  const std::lock_guard lock{mutex_};
  view_.last_failure = std::move(reason);
  view_.last_failed_at = now;
}

void actor_card::started(domain::timestamp now) {
  const std::lock_guard lock{mutex_};
  state = actor_state::running;
  if (std::exchange(has_run_, true)) {
    ++restarts_;
    write(life_change::restarted, now);
  }
  mailbox_depth = 0;
  handling_since_ns = 0;
  view_.started_at = now;
}

void actor_card::quarantined(domain::timestamp now) {
  state = actor_state::quarantined;
  write(life_change::quarantined, now);
}

void actor_card::released(domain::timestamp now) {
  state = actor_state::restarting;
  write(life_change::released, now);
}

void actor_card::note(std::string topic, std::string value, domain::timestamp now) {
  write(life_change::noted, now, std::move(value), std::move(topic));
}

void actor_card::set_labels(label_list labels) {
  const std::lock_guard lock{mutex_};
  view_.labels = std::move(labels);
}

actor_card::view actor_card::read() const {
  const std::lock_guard lock{mutex_};
  auto seen = view_;
  seen.restarts = restarts();
  seen.failures = failures();
  return seen;
}

bool actor_card::has_label(std::string_view name, std::string_view value) const {
  const std::lock_guard lock{mutex_};
  return std::ranges::any_of(view_.labels, [&](const auto& label) {
    return label.first == name && label.second == value;
  });
}

std::string actor_card::details_json() const {
  std::string text = "{";
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (i > 0)
      text += ',';
    append_value(text, gauges_[i], read_gauge(i));
  }
  text += '}';
  return text;
}

void actor_card::set_handle(const caf::actor& handle) {
  const std::lock_guard lock{mutex_};
  handle_ = handle.address();
}

caf::actor actor_card::handle() const {
  const std::lock_guard lock{mutex_};
  return caf::actor_cast<caf::actor>(handle_);
}

void actor_card::set_control(std::function<void(child_command)> control) {
  const std::lock_guard lock{mutex_};
  control_ = std::move(control);
}

bool actor_card::command(child_command command) const {
  std::function<void(child_command)> control;
  {
    const std::lock_guard lock{mutex_};
    control = control_;
  }
  if (control)
    control(command);
  return static_cast<bool>(control);
}

}  // namespace talaria::supervision
