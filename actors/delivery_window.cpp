#include "actors/delivery_window.hpp"

#include <algorithm>
#include <utility>

namespace talaria::actors {

namespace {

void keep_earlier(std::optional<domain::timestamp>& earliest, domain::timestamp time) {
  if (!earliest || time < *earliest)
    earliest = time;
}

}  // namespace

bool delivery_window::has_room_for(const domain::event& event) const {
  if (entries_.empty())
    return true;
  return entries_.size() < limits_.deliveries_max &&
         payload_bytes_ + event.payload.size() <= limits_.payload_bytes_max;
}

void delivery_window::set_mode(domain::ordering ordering, domain::priority_set held) {
  if (ordering == ordering_ && held == held_)
    return;
  release_waiting();
  ordering_ = ordering;
  held_ = held;
  page_is_stale_ = page_under_way_;
}

std::pair<std::int64_t, domain::event_id> delivery_window::rank_of(const entry& waiting) const {
  const auto rank = is_ordered() ? static_cast<std::int64_t>(waiting.sequence.value_or(0))
                                 : waiting.progress.due.time_since_epoch().count();
  return {rank, waiting.event->id};
}

void delivery_window::insert(const persistence::pending_delivery& delivery) {
  payload_bytes_ += delivery.event->payload.size();
  const auto [added, is_new] =
      entries_.emplace(delivery.event->id, entry{.event = delivery.event,
                                                 .progress = delivery.progress,
                                                 .sequence = delivery.sequence,
                                                 .phase = phase::waiting,
                                                 .since = delivery.progress.due,
                                                 .outcome = std::nullopt});
  waiting_.insert(rank_of(added->second));
}

void delivery_window::erase(entries::iterator found) {
  const auto& left = found->second;
  if (page_under_way_)
    left_since_page_.insert(found->first);
  if (left.phase == phase::waiting)
    waiting_.erase(rank_of(left));
  if (left.phase == phase::in_flight)
    --in_flight_;
  payload_bytes_ -= left.event->payload.size();
  entries_.erase(found);
}

void delivery_window::wait_again(entries::iterator found) {
  found->second.phase = phase::waiting;
  found->second.outcome.reset();
  waiting_.insert(rank_of(found->second));
}

void delivery_window::add_fresh(event_pointer event) {
  if (entries_.contains(event->id) || paged_.contains(event->id) || held_.contains(event->priority))
    return;
  // Behind a backlog in the store a fresh delivery queues up like the rest: it must neither
  // overtake it nor take the room that the next page needs.
  const bool behind_backlog = next_in_store_ && *next_in_store_ <= event->received_at;
  if (is_ordered() || behind_backlog || !has_room_for(*event)) {
    expect_in_store(event->received_at);
    return;
  }
  const domain::delivery_progress progress{
      .attempts = 0, .run_attempts = 0, .due = event->received_at};
  insert({.event = std::move(event), .progress = progress, .sequence = std::nullopt});
}

void delivery_window::expect_in_store(domain::timestamp due) {
  keep_earlier(next_in_store_, due);
}

void delivery_window::make_room(domain::timestamp now) {
  while (entries_.size() > limits_.deliveries_max / 2 && !waiting_.empty()) {
    const auto last = entries_.find(waiting_.rbegin()->second);
    const auto due = last->second.progress.due;
    if (due <= now)
      return;
    expect_in_store(due);
    erase(last);
  }
}

std::optional<persistence::pending_query> delivery_window::next_page(domain::timestamp now) {
  if (page_under_way_ || !next_in_store_ || *next_in_store_ > now)
    return std::nullopt;
  // What waits in order must end before what comes after it is of use.
  if (is_ordered() && !waiting_.empty())
    return std::nullopt;
  make_room(now);
  if (entries_.size() > limits_.deliveries_max / 2 ||
      payload_bytes_ > limits_.payload_bytes_max / 2)
    return std::nullopt;
  page_under_way_ = true;
  next_in_store_.reset();
  left_since_page_.clear();
  // The page repeats what the window holds, since that is due first; hence the sums.
  return persistence::pending_query{.subscription = {},
                                    .until = now + limits_.horizon,
                                    .deliveries_max = limits_.deliveries_max,
                                    .payload_bytes_max = limits_.payload_bytes_max + payload_bytes_,
                                    .ordering = ordering_,
                                    .held = held_};
}

void delivery_window::leave_page_to_store(const persistence::pending_page& page) {
  if (!page.deliveries.empty())
    expect_in_store(page.deliveries.front().progress.due);
}

void delivery_window::page_loaded(const persistence::pending_page& page) {
  page_under_way_ = false;
  if (page.next_due)
    expect_in_store(*page.next_due);
  if (std::exchange(page_is_stale_, false)) {
    leave_page_to_store(page);
    return;
  }
  for (const auto& delivery : page.deliveries) {
    const auto& id = delivery.event->id;
    if (entries_.contains(id))
      continue;
    const bool has_left = left_since_page_.contains(id);
    if (!has_left && has_room_for(*delivery.event)) {
      insert(delivery);
      note_paged(delivery);
      continue;
    }
    if (!has_left || is_ordered())
      expect_in_store(delivery.progress.due);
    // It may still be pending, and what comes after it must not overtake it.
    if (is_ordered())
      break;
  }
  left_since_page_.clear();
}

void delivery_window::note_paged(const persistence::pending_delivery& delivery) {
  if (delivery.progress.attempts > 0 || !paged_.insert(delivery.event->id).second)
    return;
  paged_order_.push_back(delivery.event->id);
  if (paged_order_.size() > paged_max) {
    paged_.erase(paged_order_.front());
    paged_order_.pop_front();
  }
}

void delivery_window::page_failed(domain::timestamp retry_at) {
  page_under_way_ = false;
  page_is_stale_ = false;
  left_since_page_.clear();
  next_in_store_ = retry_at;
}

std::optional<delivery_window::taken> delivery_window::take(domain::timestamp now) {
  const auto due = next_waiting();
  if (!due || *due > now)
    return std::nullopt;
  const auto found = entries_.find(waiting_.begin()->second);
  waiting_.erase(waiting_.begin());
  auto& chosen = found->second;
  chosen.phase = phase::in_flight;
  chosen.since = now;
  ++in_flight_;
  return to_taken(chosen);
}

delivery_window::taken delivery_window::to_taken(const entry& of) const {
  return {of.event, of.progress, is_ordered() ? of.sequence : std::nullopt};
}

bool delivery_window::is_in(entries::const_iterator found, enum phase phase) const {
  return found != entries_.end() && found->second.phase == phase;
}

std::optional<delivery_window::taken> delivery_window::find_in_flight(
    const domain::event_id& event) const {
  const auto found = entries_.find(event);
  if (!is_in(found, phase::in_flight))
    return std::nullopt;
  return to_taken(found->second);
}

void delivery_window::aborted(const domain::event_id& event, domain::timestamp due) {
  const auto found = entries_.find(event);
  if (!is_in(found, phase::in_flight))
    return;
  --in_flight_;
  found->second.progress.due = due;
  wait_again(found);
}

void delivery_window::finished(persistence::outcome outcome, domain::timestamp now) {
  const auto found = entries_.find(outcome.delivery.event);
  if (!is_in(found, phase::in_flight))
    return;
  --in_flight_;
  found->second.phase = phase::recording;
  found->second.since = now;
  found->second.outcome = std::move(outcome);
}

void delivery_window::recorded(const domain::event_id& event, persistence::record_status status,
                               domain::timestamp now) {
  const auto found = entries_.find(event);
  if (!is_in(found, phase::recording))
    return;
  auto& current = found->second;
  const bool goes_on = current.outcome->status == domain::delivery_status::pending;
  const auto due = current.outcome->due;
  if (goes_on && status == persistence::record_status::recorded && due <= now + limits_.horizon) {
    current.progress = {.attempts = current.outcome->attempt.number,
                        .run_attempts = current.outcome->run_attempts,
                        .due = due};
    wait_again(found);
    return;
  }
  // `not_pending` may mean that another record of the same attempt went through: of this outcome,
  // unanswered, or of an actor that has died since. Only the store knows what it said, and when the
  // delivery is due again, if it is.
  const bool is_unsure = status == persistence::record_status::not_pending;
  if (goes_on && status != persistence::record_status::fenced)
    expect_in_store(due);
  else if (is_unsure && is_ordered())
    expect_in_store(now);
  erase(found);
  // What comes after one that may be pending must not be here without it.
  if ((goes_on || is_unsure) && is_ordered())
    release_waiting();
}

void delivery_window::cancelled(const domain::event_id& event) {
  const auto found = entries_.find(event);
  if (is_in(found, phase::waiting))
    erase(found);
  else if (page_under_way_)
    left_since_page_.insert(event);
}

void delivery_window::release_waiting() {
  while (!waiting_.empty()) {
    const auto first = entries_.find(waiting_.begin()->second);
    expect_in_store(first->second.progress.due);
    erase(first);
  }
}

std::vector<persistence::outcome> delivery_window::overdue_records(domain::timestamp now) {
  std::vector<persistence::outcome> overdue;
  for (auto& [id, entry] : entries_) {
    if (entry.phase != phase::recording || now - entry.since < limits_.record_patience)
      continue;
    entry.since = now;
    overdue.push_back(*entry.outcome);
  }
  return overdue;
}

std::optional<domain::timestamp> delivery_window::next_waiting() const {
  const bool must_wait = is_ordered() && entries_.size() > waiting_.size();
  if (waiting_.empty() || must_wait)
    return std::nullopt;
  return entries_.at(waiting_.begin()->second).progress.due;
}

std::optional<domain::timestamp> delivery_window::next_wake() const {
  auto earliest = next_waiting();
  const bool wants_page = !is_ordered() || entries_.empty();
  if (next_in_store_ && !page_under_way_ && wants_page)
    keep_earlier(earliest, *next_in_store_);
  return earliest;
}

bool delivery_window::busy_since(domain::timestamp time) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& item) {
    return item.second.phase != phase::waiting && item.second.since <= time;
  });
}

}  // namespace talaria::actors
