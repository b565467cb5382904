#include "supervision/directory.hpp"

#include <fmt/format.h>

#include <iterator>

namespace talaria::supervision {

std::string_view to_string(actor_state state) {
  switch (state) {
    case actor_state::running:
      return "running";
    case actor_state::restarting:
      return "restarting";
    case actor_state::backing_off:
      return "backing_off";
    case actor_state::quarantined:
      return "quarantined";
    case actor_state::stopping:
      return "stopping";
  }
  return "unknown";
}

actor_card::actor_card(std::string card_path, std::string card_kind, domain::timestamp started_at,
                       std::span<const std::string_view> gauge_names)
    : path(std::move(card_path)),
      kind(std::move(card_kind)),
      gauge_names_(gauge_names),
      gauges_(gauge_names.size()) {
  view_.started_at = started_at;
}

void actor_card::restarted(domain::timestamp now) {
  const std::lock_guard lock{mutex_};
  view_.started_at = now;
  ++view_.restarts;
  state = actor_state::running;
}

void actor_card::failed(std::string reason) {
  const std::lock_guard lock{mutex_};
  view_.last_failure = std::move(reason);
}

actor_card::view actor_card::read() const {
  const std::lock_guard lock{mutex_};
  return view_;
}

std::string actor_card::details_json() const {
  std::string text = "{";
  for (std::size_t i = 0; i < gauges_.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{}\"{}\":{}", i == 0 ? "" : ",", gauge_names_[i],
                   gauges_[i].load(std::memory_order_relaxed));
  }
  text += '}';
  return text;
}

std::shared_ptr<actor_card> directory::enter(const std::string& path, const std::string& kind,
                                             domain::timestamp now,
                                             std::span<const std::string_view> gauge_names) {
  const std::lock_guard lock{mutex_};
  auto& card = cards_[path];
  if (!card)
    card = std::make_shared<actor_card>(path, kind, now, gauge_names);
  return card;
}

void directory::leave(const std::string& path) {
  const std::lock_guard lock{mutex_};
  cards_.erase(path);
}

std::shared_ptr<actor_card> directory::find(const std::string& path) const {
  const std::lock_guard lock{mutex_};
  const auto found = cards_.find(path);
  return found == cards_.end() ? nullptr : found->second;
}

std::vector<actor_snapshot> directory::snapshot() const {
  std::vector<std::shared_ptr<actor_card>> cards;
  {
    const std::lock_guard lock{mutex_};
    cards.reserve(cards_.size());
    for (const auto& [path, card] : cards_)
      cards.push_back(card);
  }
  std::vector<actor_snapshot> snapshots;
  snapshots.reserve(cards.size());
  for (const auto& card : cards) {
    auto view = card->read();
    snapshots.push_back({.path = card->path,
                         .kind = card->kind,
                         .state = card->state,
                         .started_at = view.started_at,
                         .restarts = view.restarts,
                         .last_failure = std::move(view.last_failure),
                         .messages_handled = card->messages_handled,
                         .mailbox_depth = card->mailbox_depth,
                         .busy_us = card->busy_us,
                         .details_json = card->details_json()});
  }
  return snapshots;
}

std::size_t directory::size() const {
  const std::lock_guard lock{mutex_};
  return cards_.size();
}

}  // namespace talaria::supervision
