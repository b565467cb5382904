#include "supervision/inspection.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace talaria::supervision {

namespace {

/// What has no such number comes after what has the lowest.
constexpr auto no_value = std::numeric_limits<std::int64_t>::min();

struct candidate {
  std::int64_t value = 0;
  const actor_card* card = nullptr;
};

std::int64_t value_of(const actor_card& card, const actor_query& query) {
  switch (query.order) {
    case actor_order::path:
      return 0;
    case actor_order::mailbox:
      return card.mailbox_depth;
    case actor_order::restarts:
      return static_cast<std::int64_t>(card.restarts());
    case actor_order::failures:
      return static_cast<std::int64_t>(card.failures());
    case actor_order::busy:
      return static_cast<std::int64_t>(card.busy_ns / 1'000);
    case actor_order::gauge:
      return card.find_gauge(query.order_gauge).value_or(no_value);
  }
  return 0;
}

bool matches(const actor_card& card, const actor_query& query) {
  return (!query.kind || *query.kind == card.kind) &&
         (!query.state || *query.state == card.state) &&
         (!query.gauge_text ||
          card.find_gauge_text(query.gauge_text->first) == query.gauge_text->second) &&
         (!query.label || card.has_label(query.label->first, query.label->second));
}

bool comes_before(std::int64_t left_value, std::string_view left_path, std::int64_t right_value,
                  std::string_view right_path) {
  return left_value != right_value ? left_value > right_value : left_path < right_path;
}

bool comes_before(const candidate& left, const candidate& right) {
  return comes_before(left.value, left.card->path, right.value, right.card->path);
}

void count(const actor_card& card, const actor_query& query, actor_page& page) {
  ++page.total;
  ++page.by_state.at(static_cast<std::size_t>(card.state.load()));
  if (const auto text = card.find_gauge_text(query.counted_gauge); !text.empty())
    ++page.by_gauge_text[text];
}

std::vector<candidate> find_candidates(const std::vector<std::shared_ptr<actor_card>>& cards,
                                       const actor_query& query, actor_page& page) {
  std::vector<candidate> found;
  for (const auto& card : cards) {
    if (!matches(*card, query))
      continue;
    count(*card, query, page);
    const auto value = value_of(*card, query);
    const bool on_former_page =
        query.after && !comes_before(query.after->value, query.after->path, value, card->path);
    if (!on_former_page)
      found.push_back({value, card.get()});
  }
  return found;
}

}  // namespace

std::uint64_t handling_us(const actor_card& card) {
  const auto since = card.handling_since_ns.load(std::memory_order_relaxed);
  if (since == 0)
    return 0;
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(now - since, 0)) / 1'000;
}

actor_snapshot look_at(const actor_card& card) {
  return {.path = card.path,
          .kind = card.kind,
          .state = card.state,
          .life = card.read(),
          .messages_handled = card.messages_handled,
          .mailbox_depth = std::max<std::int64_t>(card.mailbox_depth, 0),
          .busy_us = card.busy_ns / 1'000,
          .slow_messages = card.slow_messages,
          .dead_letters = card.dead_letters,
          .handling_us = handling_us(card),
          .details_json = card.details_json()};
}

actor_page inspect(const directory& actors, const actor_query& query) {
  actor_page page;
  const auto cards = actors.cards();
  auto found = find_candidates(cards, query, page);
  const auto shown = std::min(query.actors_max, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(shown), found.end(),
                    [](const auto& left, const auto& right) { return comes_before(left, right); });
  page.actors.reserve(shown);
  for (std::size_t i = 0; i < shown; ++i)
    page.actors.push_back(look_at(*found[i].card));
  if (shown > 0 && shown < found.size())
    page.next = {found[shown - 1].value, found[shown - 1].card->path};
  return page;
}

}  // namespace talaria::supervision
