#pragma once

#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/subscription.hpp"
#include "persistence/membership.hpp"
#include "persistence/session.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace talaria::persistence {

/// 16-byte hashes of an idempotency key and of what was submitted with it.
struct idempotency {
  domain::uuid key_hash;
  domain::uuid body_hash;
  /// From then on the key is as if never used.
  timestamp expires_at;
};

struct delivery_target {
  subscription_number subscription{};
  shard_id shard{};
  domain::ordering ordering = domain::ordering::parallel;
  /// The queue it waits in. Absent: that of the event.
  std::optional<domain::priority> priority{};
};

struct new_event {
  std::shared_ptr<const domain::event> event;
  /// In ascending order of number. Each gets a pending delivery, due at the event's `received_at`,
  /// and the next number of its sequence if it is ordered: these numbers rise in the order of the
  /// commits, and may skip some.
  std::vector<delivery_target> fan_out;
  std::optional<idempotency> idempotent;
};

/// What one client submitted in one request: stored as a whole or not at all.
struct event_group {
  std::vector<new_event> events;
};

struct appended_event {
  /// The first event's id if this one is a duplicate, in which case nothing was stored for it.
  domain::event_id id;
  bool duplicate = false;
};

struct appended_group {
  /// One for each event of the group, in order; empty if the group was refused.
  std::vector<appended_event> events;
  /// Indexes of events whose idempotency key was used with another body, before or earlier in the
  /// same call. Not empty: the group was refused.
  std::vector<std::size_t> conflicts;
};

/// Makes events durable, with their deliveries and idempotency keys.
class event_appender {
public:
  virtual ~event_appender() = default;

  /// Stores all groups in one transaction; when it returns, they are durable. An event that was
  /// stored by an earlier call is left as it is, and is no duplicate. Whether an idempotency key
  /// has expired is asked of the event's `received_at`.
  ///
  /// @param catalog_revision The revision of the subscriptions that the fan-outs were computed
  /// from.
  /// @returns `ec::catalog_changed` if a newer one was committed before: fan out anew.
  virtual result<std::vector<appended_group>> append(std::span<const event_group> groups,
                                                     std::int64_t catalog_revision) = 0;
};

}  // namespace talaria::persistence
