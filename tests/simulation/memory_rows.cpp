#include "tests/simulation/memory_rows.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace talaria::simulation {

namespace {

using domain::delivery_status;
using persistence::record_status;

}  // namespace

persistence::result<std::vector<persistence::appended_group>> memory_rows::append(
    std::span<const persistence::event_group> groups, std::int64_t catalog_revision) {
  if (revision_ > catalog_revision && broken_ != sabotage::no_revision_check)
    return domain::fail(domain::ec::catalog_changed, "the subscriptions changed meanwhile");
  persistence::sql::group_decisions decisions{
      [&](const persistence::sql::key_name& name) -> std::optional<persistence::sql::key_use> {
        const auto known = keys_.find(name);
        return known == keys_.end() ? std::nullopt : std::optional{known->second};
      }};
  std::vector<persistence::appended_group> appended;
  for (const auto& group : groups) {
    auto decision = decisions.decide(group);
    for (std::size_t index = 0; index < decision.events.size(); ++index) {
      if (decision.events[index].duplicate)
        continue;
      if (broken_ == sabotage::ack_before_commit)
        unsettled_.push_back(group.events[index]);
      else
        store(group.events[index]);
    }
    appended.push_back(std::move(decision));
  }
  return appended;
}

void memory_rows::settle() {
  for (const auto& added : std::exchange(unsettled_, {}))
    store(added);
}

void memory_rows::store(const persistence::new_event& added) {
  const auto& event = *added.event;
  if (!events_.emplace(event.id, added.event).second)
    return;
  for (const auto& target : added.fan_out) {
    queue_row row{.shard = target.shard,
                  .due = event.received_at,
                  .priority = target.priority.value_or(event.priority),
                  .sequence = std::nullopt};
    if (target.ordering == domain::ordering::fifo)
      row.sequence = ++sequences_[target.subscription];
    const domain::delivery_id id{event.id, target.subscription};
    queue_.emplace(id, row);
    deliveries_.emplace(id, delivery_status::pending);
  }
  if (added.idempotent)
    keys_[{event.application, added.idempotent->key_hash}] = {added.idempotent->body_hash, event.id,
                                                              added.idempotent->expires_at};
}

bool memory_rows::admits(std::string_view node, persistence::fencing_epoch epoch) const {
  if (broken_ == sabotage::no_fence)
    return true;
  return owner_ == node && static_cast<std::int64_t>(epoch) == epoch_;
}

memory_rows::statuses memory_rows::record(std::string_view node,
                                          std::span<const persistence::outcome> outcomes,
                                          domain::timestamp true_time) {
  statuses recorded;
  for (const auto& made : outcomes)
    recorded.push_back(record_one(node, made, true_time));
  return recorded;
}

record_status memory_rows::record_one(std::string_view node, const persistence::outcome& made,
                                      domain::timestamp true_time) {
  if (!admits(node, made.epoch))
    return record_status::fenced;
  const auto pending = queue_.find(made.delivery);
  const bool is_next =
      pending != queue_.end() && pending->second.attempts + 1 == made.attempt.number;
  if (!is_next && broken_ != sabotage::no_place_check)
    return record_status::not_pending;
  attempts_.push_back({made.delivery, made.attempt, made.status, true_time});
  if (made.status != delivery_status::pending) {
    end(made.delivery, made.status);
  } else if (pending != queue_.end()) {
    pending->second.due = made.due;
    pending->second.attempts = made.attempt.number;
    pending->second.run_attempts = made.run_attempts;
  }
  if (made.receiver_gone)
    disable(made.delivery.subscription, domain::disabled_reason::gone);
  tell(made.tells);
  return record_status::recorded;
}

void memory_rows::end(const domain::delivery_id& delivery, delivery_status status) {
  queue_.erase(delivery);
  deliveries_[delivery] = status;
}

memory_rows::statuses memory_rows::record_health(
    std::string_view node, std::span<const persistence::health_change> changes) {
  statuses recorded;
  for (const auto& change : changes) {
    const auto known = subscriptions_.find(change.subscription);
    if (!admits(node, change.epoch)) {
      recorded.push_back(record_status::fenced);
    } else if (known == subscriptions_.end()) {
      recorded.push_back(record_status::not_pending);
    } else {
      known->second.health = change.health;
      if (change.given_up)
        disable(change.subscription, domain::disabled_reason::failing);
      tell(change.tells);
      recorded.push_back(record_status::recorded);
    }
  }
  return recorded;
}

void memory_rows::disable(domain::subscription_number number, domain::disabled_reason reason) {
  const auto known = subscriptions_.find(number);
  if (known == subscriptions_.end() || known->second.disabled != domain::disabled_reason::none)
    return;
  known->second.disabled = reason;
  touch(known->second);
}

void memory_rows::tell(const std::vector<domain::operational_event>& events) {
  for (const auto& event : events)
    outbox_.emplace(event.id, event);
}

persistence::pending_delivery memory_rows::to_pending(const domain::delivery_id& id,
                                                      const queue_row& row) const {
  return {.event = events_.at(id.event),
          .progress = {.attempts = row.attempts, .run_attempts = row.run_attempts, .due = row.due},
          .sequence = row.sequence};
}

persistence::pending_page memory_rows::page(const persistence::pending_query& wanted) const {
  const bool ordered = wanted.ordering == domain::ordering::fifo;
  std::vector<persistence::pending_delivery> all;
  for (const auto& [id, row] : queue_) {
    if (id.subscription == wanted.subscription)
      all.push_back(to_pending(id, row));
  }
  std::ranges::sort(all, {}, [&](const persistence::pending_delivery& one) {
    return std::tuple{ordered ? one.sequence.value_or(0) : 0, one.progress.due, one.event->id};
  });
  persistence::pending_page page;
  for (auto& one : all) {
    if (wanted.held.contains(one.event->priority)) {
      if (ordered)
        break;
      continue;
    }
    const bool late = one.progress.due > wanted.until && (!ordered || page.deliveries.empty());
    if (late || page.deliveries.size() == wanted.deliveries_max) {
      page.next_due = one.progress.due;
      break;
    }
    page.deliveries.push_back(std::move(one));
  }
  return page;
}

std::vector<domain::subscription_number> memory_rows::due_subscriptions(
    domain::timestamp after, domain::timestamp until) const {
  std::vector<domain::subscription_number> due;
  if (broken_ == sabotage::no_sweep)
    return due;
  for (const auto& [id, row] : queue_) {
    if (row.due > after && row.due <= until)
      due.push_back(id.subscription);
  }
  std::ranges::sort(due);
  due.erase(std::unique(due.begin(), due.end()), due.end());
  return due;
}

std::vector<persistence::owned_shard> memory_rows::claim_all(std::string_view node) {
  owner_ = node;
  ++epoch_;
  std::vector<persistence::owned_shard> owned;
  owned.reserve(persistence::shard_count);
  for (std::uint16_t shard = 0; shard < persistence::shard_count; ++shard)
    owned.push_back({persistence::shard_id{shard}, persistence::fencing_epoch{epoch_}});
  return owned;
}

domain::subscription memory_rows::insert(domain::subscription fresh) {
  fresh.number = domain::subscription_number{
      static_cast<std::uint32_t>(subscriptions_.size() + deleted_.size() + 1)};
  touch(fresh);
  return subscriptions_.emplace(fresh.number, std::move(fresh)).first->second;
}

void memory_rows::remove(domain::subscription_number number, domain::timestamp true_time) {
  std::vector<domain::delivery_id> pending;
  for (const auto& [id, row] : queue_) {
    if (id.subscription != number)
      continue;
    pending.push_back(id);
    domain::attempt cancelled;
    cancelled.number = row.attempts + 1;
    attempts_.push_back({id, std::move(cancelled), delivery_status::cancelled, true_time});
  }
  for (const auto& id : pending)
    end(id, delivery_status::cancelled);
  subscriptions_.erase(number);
  deleted_[number] = ++revision_;
}

void memory_rows::set_paused(domain::subscription_number number, bool paused) {
  auto& changed = subscriptions_.at(number);
  changed.paused = paused;
  touch(changed);
}

persistence::catalog_changes memory_rows::changes_since(std::int64_t revision) const {
  persistence::catalog_changes changes;
  changes.revision = revision_;
  for (const auto& [number, subscription] : subscriptions_) {
    if (subscription.revision > revision)
      changes.changed.push_back(std::make_shared<const domain::subscription>(subscription));
  }
  for (const auto& [number, deleted_at] : deleted_) {
    if (deleted_at > revision)
      changes.deleted.push_back(number);
  }
  return changes;
}

const domain::subscription* memory_rows::find(domain::subscription_number number) const {
  const auto known = subscriptions_.find(number);
  return known == subscriptions_.end() ? nullptr : &known->second;
}

std::vector<persistence::untold_event> memory_rows::untold(std::size_t events_max) const {
  std::vector<persistence::untold_event> first;
  for (const auto& [id, event] : outbox_) {
    if (first.size() == events_max)
      break;
    first.push_back({event, system_application});
  }
  return first;
}

void memory_rows::forget(std::span<const domain::uuid> told) {
  for (const auto& id : told)
    outbox_.erase(id);
}

}  // namespace talaria::simulation
