#include "actors/attempt_queue.hpp"

#include <utility>

namespace talaria::actors {

namespace {

/// Indexes of `domain::priority`: six parts high, three normal, one low, spread evenly.
constexpr std::array<std::size_t, 10> turns{0, 1, 0, 0, 1, 0, 2, 0, 1, 0};

}  // namespace

void attempt_queue::push(std::shared_ptr<attempt_order> order) {
  auto& line = lines_.at(static_cast<std::size_t>(order->priority()));
  const auto subscription = order->ordered().subscription->number;
  auto& waiting = line.waiting[subscription];
  waiting.push_back({arrivals_++, std::move(order)});
  ++waiting_;
  ++line.orders;
  if (waiting.size() == 1)
    add_rank(line, subscription);
}

std::shared_ptr<attempt_order> attempt_queue::pop(turn_of whose) {
  for (std::size_t tried = 0; tried < turns.size(); ++tried) {
    auto& line = lines_.at(turns.at(turn_));
    turn_ = (turn_ + 1) % turns.size();
    if (line.ranks.empty())
      continue;
    const bool is_idle = std::get<0>(*line.ranks.begin()) == 0;
    if (whose == turn_of::anybody || is_idle)
      return take_first(line);
  }
  return nullptr;
}

std::shared_ptr<attempt_order> attempt_queue::take_first(line& from) {
  const auto subscription = std::get<2>(*from.ranks.begin());
  remove_rank(from, subscription);
  const auto found = from.waiting.find(subscription);
  auto order = std::move(found->second.front().order);
  found->second.pop_front();
  --waiting_;
  --from.orders;
  if (found->second.empty())
    from.waiting.erase(found);
  else
    add_rank(from, subscription);
  change_under_way(subscription, change::one_more);
  return order;
}

void attempt_queue::ended(domain::subscription_number subscription) {
  change_under_way(subscription, change::one_less);
}

std::size_t attempt_queue::under_way_of(domain::subscription_number subscription) const {
  const auto found = under_way_by_.find(subscription);
  return found == under_way_by_.end() ? 0 : found->second;
}

void attempt_queue::remove_rank(line& of, domain::subscription_number subscription) {
  if (const auto found = of.waiting.find(subscription); found != of.waiting.end())
    of.ranks.erase({under_way_of(subscription), found->second.front().number, subscription});
}

void attempt_queue::add_rank(line& of, domain::subscription_number subscription) {
  if (const auto found = of.waiting.find(subscription); found != of.waiting.end())
    of.ranks.insert({under_way_of(subscription), found->second.front().number, subscription});
}

void attempt_queue::change_under_way(domain::subscription_number subscription, change by) {
  for (auto& line : lines_)
    remove_rank(line, subscription);
  auto& count = under_way_by_[subscription];
  if (by == change::one_more) {
    ++count;
    ++under_way_;
  } else {
    --count;
    --under_way_;
  }
  if (count == 0)
    under_way_by_.erase(subscription);
  for (auto& line : lines_)
    add_rank(line, subscription);
}

}  // namespace talaria::actors
