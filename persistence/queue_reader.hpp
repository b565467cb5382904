#pragma once

#include "domain/delivery.hpp"
#include "domain/event.hpp"
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

/// Which pending deliveries of a subscription are wanted.
struct pending_query {
  subscription_number subscription{};
  timestamp until;
  /// At least 1.
  std::size_t deliveries_max = 0;
  /// The page ends before the payload that would exceed it, but holds at least one delivery.
  std::size_t payload_bytes_max = 0;
  domain::ordering ordering = domain::ordering::parallel;
  /// Deliveries of events with these priorities are passed over; of an ordered subscription they
  /// hold up what comes after them.
  domain::priority_set held{};
};

struct pending_delivery {
  std::shared_ptr<const domain::event> event;
  domain::delivery_progress progress;
  /// Its place in the order of an ordered subscription. The same whenever it is sent.
  std::optional<std::uint64_t> sequence{};
};

struct pending_page {
  /// In the order of their due times, or by sequence.
  std::vector<pending_delivery> deliveries;
  /// The due time of the first pending delivery after the last one of this page; absent if there is
  /// none.
  std::optional<timestamp> next_due;
};

class queue_reader {
public:
  virtual ~queue_reader() = default;

  /// The first pending deliveries of a subscription that are due by `until`. Of an ordered one: the
  /// first by sequence, whenever they are due, unless the very first is due later: then none.
  virtual result<pending_page> page(const pending_query& wanted) = 0;

  /// Subscriptions with at least one delivery due after `after` and not later than `until`, each
  /// once, in ascending order. Only those of the given shards, all if the span is empty.
  virtual result<std::vector<subscription_number>> due_subscriptions(
      std::span<const shard_id> shards, timestamp after, timestamp until) = 0;
};

}  // namespace talaria::persistence
