#pragma once

#include "domain/id.hpp"
#include "persistence/event_appender.hpp"

#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace talaria::persistence::sql {

/// Who used an idempotency key, and for how long that counts.
struct key_use {
  domain::uuid body_hash;
  domain::event_id event;
  timestamp expires_at;
};

/// Which application's key.
using key_name = std::pair<domain::application_id, domain::uuid>;

/// What becomes of groups, one after the other, decided before any of a group is written: a group
/// that is refused leaves nothing behind, not even its keys.
class group_decisions {
public:
  /// @param find Who used a key before these groups.
  explicit group_decisions(std::function<std::optional<key_use>(const key_name&)> find)
      : find_{std::move(find)} {}

  appended_group decide(const event_group& group);

  /// What the accepted groups used keys for.
  const std::map<key_name, key_use>& used() const { return used_; }

private:
  void add(const new_event& added, std::size_t index, std::map<key_name, key_use>& used_here,
           appended_group& decision);

  std::function<std::optional<key_use>(const key_name&)> find_;
  std::map<key_name, key_use> used_;
};

}  // namespace talaria::persistence::sql
