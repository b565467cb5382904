#include "actors/delivery_window.hpp"

#include <algorithm>

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

void delivery_window::insert(event_pointer event, const domain::delivery_progress& progress) {
  payload_bytes_ += event->payload.size();
  by_due_.emplace(progress.due, event->id);
  const auto id = event->id;
  entries_.emplace(id, entry{.event = std::move(event),
                             .progress = progress,
                             .phase = phase::waiting,
                             .since = progress.due,
                             .outcome = std::nullopt});
}

void delivery_window::erase(entries::iterator found) {
  const auto& left = found->second;
  if (page_under_way_)
    left_since_page_.insert(found->first);
  if (left.phase == phase::waiting)
    by_due_.erase({left.progress.due, found->first});
  if (left.phase == phase::in_flight)
    --in_flight_;
  payload_bytes_ -= left.event->payload.size();
  entries_.erase(found);
}

void delivery_window::wait_again(entries::iterator found) {
  found->second.phase = phase::waiting;
  found->second.outcome.reset();
  by_due_.emplace(found->second.progress.due, found->first);
}

void delivery_window::add_fresh(event_pointer event) {
  if (entries_.contains(event->id))
    return;
  // Behind a backlog in the store a fresh delivery queues up like the rest: it must neither
  // overtake it nor take the room that the next page needs.
  const bool behind_backlog = next_in_store_ && *next_in_store_ <= event->received_at;
  if (behind_backlog || !has_room_for(*event)) {
    expect_in_store(event->received_at);
    return;
  }
  const domain::delivery_progress progress{
      .attempts = 0, .run_attempts = 0, .due = event->received_at};
  insert(std::move(event), progress);
}

void delivery_window::expect_in_store(domain::timestamp due) {
  keep_earlier(next_in_store_, due);
}

void delivery_window::make_room(domain::timestamp now) {
  while (entries_.size() > limits_.deliveries_max / 2 && !by_due_.empty() &&
         by_due_.rbegin()->first > now) {
    const auto [due, id] = *by_due_.rbegin();
    expect_in_store(due);
    erase(entries_.find(id));
  }
}

std::optional<delivery_window::page_request> delivery_window::next_page(domain::timestamp now) {
  if (page_under_way_ || !next_in_store_ || *next_in_store_ > now)
    return std::nullopt;
  make_room(now);
  if (entries_.size() > limits_.deliveries_max / 2 ||
      payload_bytes_ > limits_.payload_bytes_max / 2)
    return std::nullopt;
  page_under_way_ = true;
  next_in_store_.reset();
  left_since_page_.clear();
  // The page repeats what the window holds, since that is due first; hence the sums.
  return page_request{.until = now + limits_.horizon,
                      .deliveries_max = limits_.deliveries_max,
                      .payload_bytes_max = limits_.payload_bytes_max + payload_bytes_};
}

void delivery_window::page_loaded(const persistence::pending_page& page) {
  page_under_way_ = false;
  for (const auto& delivery : page.deliveries) {
    const auto& id = delivery.event->id;
    if (entries_.contains(id) || left_since_page_.contains(id))
      continue;
    if (has_room_for(*delivery.event))
      insert(delivery.event, delivery.progress);
    else
      expect_in_store(delivery.progress.due);
  }
  left_since_page_.clear();
  if (page.next_due)
    expect_in_store(*page.next_due);
}

void delivery_window::page_failed(domain::timestamp retry_at) {
  page_under_way_ = false;
  left_since_page_.clear();
  next_in_store_ = retry_at;
}

std::optional<delivery_window::taken> delivery_window::take(domain::timestamp now) {
  if (by_due_.empty() || by_due_.begin()->first > now)
    return std::nullopt;
  const auto found = entries_.find(by_due_.begin()->second);
  by_due_.erase(by_due_.begin());
  auto& chosen = found->second;
  chosen.phase = phase::in_flight;
  chosen.since = now;
  ++in_flight_;
  return taken{chosen.event, chosen.progress};
}

std::optional<domain::delivery_progress> delivery_window::in_flight_progress(
    const domain::event_id& event) const {
  const auto found = entries_.find(event);
  if (found == entries_.end() || found->second.phase != phase::in_flight)
    return std::nullopt;
  return found->second.progress;
}

delivery_window::event_pointer delivery_window::in_flight_event(
    const domain::event_id& event) const {
  const auto found = entries_.find(event);
  if (found == entries_.end() || found->second.phase != phase::in_flight)
    return nullptr;
  return found->second.event;
}

void delivery_window::aborted(const domain::event_id& event, domain::timestamp due) {
  const auto found = entries_.find(event);
  if (found == entries_.end() || found->second.phase != phase::in_flight)
    return;
  --in_flight_;
  found->second.progress.due = due;
  wait_again(found);
}

void delivery_window::finished(persistence::outcome outcome, domain::timestamp now) {
  const auto found = entries_.find(outcome.delivery.event);
  if (found == entries_.end() || found->second.phase != phase::in_flight)
    return;
  --in_flight_;
  found->second.phase = phase::recording;
  found->second.since = now;
  found->second.outcome = std::move(outcome);
}

void delivery_window::recorded(const domain::event_id& event, persistence::record_status status,
                               domain::timestamp now) {
  const auto found = entries_.find(event);
  if (found == entries_.end() || found->second.phase != phase::recording)
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
  // `not_pending` for a retry may mean that an earlier record of the same outcome went through
  // unanswered: then the store has it as pending, and a page will bring it.
  if (goes_on && status != persistence::record_status::fenced)
    expect_in_store(due);
  erase(found);
}

void delivery_window::cancelled(const domain::event_id& event) {
  const auto found = entries_.find(event);
  if (found != entries_.end() && found->second.phase == phase::waiting)
    erase(found);
  else if (page_under_way_)
    left_since_page_.insert(event);
}

void delivery_window::release_waiting() {
  while (!by_due_.empty()) {
    const auto [due, id] = *by_due_.begin();
    expect_in_store(due);
    erase(entries_.find(id));
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
  if (by_due_.empty())
    return std::nullopt;
  return by_due_.begin()->first;
}

std::optional<domain::timestamp> delivery_window::next_wake() const {
  auto earliest = next_waiting();
  if (next_in_store_ && !page_under_way_)
    keep_earlier(earliest, *next_in_store_);
  return earliest;
}

bool delivery_window::busy_since(domain::timestamp time) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& item) {
    return item.second.phase != phase::waiting && item.second.since <= time;
  });
}

}  // namespace talaria::actors
