#include "persistence/sql/idempotency.hpp"

namespace talaria::persistence::sql {

appended_group group_decisions::decide(const event_group& group) {
  appended_group decision;
  std::map<key_name, key_use> used_here;
  for (std::size_t index = 0; index < group.events.size(); ++index)
    add(group.events[index], index, used_here, decision);
  if (!decision.conflicts.empty()) {
    decision.events.clear();
    return decision;
  }
  for (const auto& [name, use] : used_here)
    used_.insert_or_assign(name, use);
  return decision;
}

void group_decisions::add(const new_event& added, std::size_t index,
                          std::map<key_name, key_use>& used_here, appended_group& decision) {
  const auto& event = *added.event;
  decision.events.push_back({event.id, false});
  if (!added.idempotent)
    return;
  const key_name name{event.application, added.idempotent->key_hash};
  std::optional<key_use> used;
  if (const auto here = used_here.find(name); here != used_here.end())
    used = here->second;
  else if (const auto before = used_.find(name); before != used_.end())
    used = before->second;
  else
    used = find_(name);
  if (!used || used->expires_at <= event.received_at) {
    used_here.insert_or_assign(
        name, key_use{added.idempotent->body_hash, event.id, added.idempotent->expires_at});
  } else if (used->event == event.id) {
    // The same call again, after its outcome was unknown: not a duplicate, but stored already.
  } else if (used->body_hash != added.idempotent->body_hash) {
    decision.conflicts.push_back(index);
  } else {
    decision.events.back() = {used->event, true};
  }
}

}  // namespace talaria::persistence::sql
