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
  std::shared_ptr<const actor_card> card;
};

/// Finds a gauge by its name, which is looked for once for each kind and not for each actor.
class gauge_finder {
public:
  explicit gauge_finder(std::string_view name) : name_(name) {}

  std::optional<std::int64_t> value(const actor_card& card) {
    const auto index = index_in(card.gauges());
    if (index == card.gauges().size())
      return std::nullopt;
    return card.read_gauge(index);
  }

  /// Empty if there is none.
  std::string_view text(const actor_card& card) {
    const auto found = value(card);
    if (!found)
      return {};
    const auto texts = card.gauges()[index_].texts;
    return static_cast<std::size_t>(*found) < texts.size() ? texts[static_cast<std::size_t>(*found)]
                                                           : std::string_view{};
  }

private:
  std::size_t index_in(std::span<const gauge> gauges) {
    if (gauges.data() != known_) {
      known_ = gauges.data();
      const auto found = std::ranges::find(gauges, name_, &gauge::name);
      index_ = static_cast<std::size_t>(found - gauges.begin());
    }
    return gauges.empty() ? 0 : index_;
  }

  std::string_view name_;
  const gauge* known_ = nullptr;
  std::size_t index_ = 0;
};

bool comes_before(std::int64_t left_value, std::string_view left_path, std::int64_t right_value,
                  std::string_view right_path) {
  return left_value != right_value ? left_value > right_value : left_path < right_path;
}

bool candidate_comes_before(const candidate& left, const candidate& right) {
  return comes_before(left.value, left.card->path, right.value, right.card->path);
}

/// One look at all actors, of which it keeps no more than a page.
class look {
public:
  explicit look(const actor_query& query)
      : query_(query),
        order_(query.order_gauge),
        filter_(query.gauge_text ? query.gauge_text->first : std::string_view{}),
        counted_(query.counted_gauge) {}

  void visit(const std::shared_ptr<actor_card>& card) {
    if (!matches(*card))
      return;
    count(*card);
    const auto value = value_of(*card);
    const bool on_former_page =
        query_.after && !comes_before(query_.after->value, query_.after->path, value, card->path);
    if (on_former_page)
      return;
    ++left_;
    keep(value, card);
  }

  actor_page take() {
    std::sort_heap(kept_.begin(), kept_.end(), candidate_comes_before);
    page_.actors.reserve(kept_.size());
    for (const auto& each : kept_)
      page_.actors.push_back(look_at(*each.card));
    if (!kept_.empty() && kept_.size() < left_)
      page_.next = {kept_.back().value, kept_.back().card->path};
    return std::move(page_);
  }

private:
  bool matches(const actor_card& card) {
    return (!query_.kind || *query_.kind == card.kind) &&
           (!query_.state || *query_.state == card.state) &&
           card.path.find(query_.path_part) != std::string::npos &&
           (!query_.gauge_text || filter_.text(card) == query_.gauge_text->second) &&
           (!query_.label || card.has_label(query_.label->first, query_.label->second));
  }

  void count(const actor_card& card) {
    ++page_.total;
    page_.messages_handled += card.messages_handled;
    page_.failures += card.failures();
    ++page_.by_state.at(static_cast<std::size_t>(card.state.load()));
    if (const auto text = counted_.text(card); !text.empty())
      ++page_.by_gauge_text[text];
  }

  std::int64_t value_of(const actor_card& card) {
    switch (query_.order) {
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
        return order_.value(card).value_or(no_value);
    }
    return 0;
  }

  /// The last of those kept is the first of the heap.
  void keep(std::int64_t value, const std::shared_ptr<actor_card>& card) {
    if (kept_.size() == query_.actors_max) {
      if (kept_.empty() ||
          !comes_before(value, card->path, kept_.front().value, kept_.front().card->path))
        return;
      std::pop_heap(kept_.begin(), kept_.end(), candidate_comes_before);
      kept_.pop_back();
    }
    kept_.push_back({value, card});
    std::push_heap(kept_.begin(), kept_.end(), candidate_comes_before);
  }

  const actor_query& query_;
  gauge_finder order_;
  gauge_finder filter_;
  gauge_finder counted_;
  std::vector<candidate> kept_;
  /// Of all that match: not on a former page.
  std::size_t left_ = 0;
  actor_page page_;
};

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
  look around{query};
  actors.each([&](const auto& card) { around.visit(card); });
  return around.take();
}

}  // namespace talaria::supervision
