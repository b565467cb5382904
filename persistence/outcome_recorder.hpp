#pragma once

#include "domain/attempt.hpp"
#include "domain/delivery.hpp"
#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/operational_event.hpp"
#include "domain/subscription_health.hpp"
#include "persistence/membership.hpp"
#include "persistence/session.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace talaria::persistence {

struct outcome {
  domain::delivery_id delivery;
  shard_id shard{};
  fencing_epoch epoch{};
  domain::attempt attempt;
  /// `pending` for a retry, `delivered` or `dead`.
  domain::delivery_status status = domain::delivery_status::pending;
  /// Requests in this run of the schedule, the attempt included.
  std::uint32_t run_attempts = 0;
  /// For a retry: when.
  timestamp due;
  /// Of the delivery. Not stored: it is there for who counts.
  domain::priority priority{};
  /// The receiver answered 410: its subscription is to be disabled, in the same transaction.
  bool receiver_gone = false;
  /// Written down in the same transaction, if the outcome is recorded.
  std::vector<domain::operational_event> tells;
};

/// How a subscription's receiver is doing, as its owner reports it.
struct health_change {
  subscription_number subscription{};
  shard_id shard{};
  fencing_epoch epoch{};
  domain::subscription_health health;
  /// The receiver failed for too long: its subscription is to be disabled, in the same transaction.
  bool given_up = false;
  timestamp changed_at;
  /// As those of an outcome.
  std::vector<domain::operational_event> tells;
};

enum class record_status : std::uint8_t {
  recorded,
  fenced,       ///< the shard has another owner by now; nothing was written
  not_pending,  ///< the delivery was cancelled or ended meanwhile; nothing was written
};

class outcome_recorder {
public:
  virtual ~outcome_recorder() = default;

  /// Records attempts and moves their deliveries on, all in one transaction.
  ///
  /// @param node The node's incarnation, which owns the shards.
  /// @returns one status for each outcome, in order. Recording the same attempt again answers
  /// `not_pending` or `recorded` and changes nothing.
  virtual result<std::vector<record_status>> record(std::string_view node,
                                                    std::span<const outcome> outcomes) = 0;

  /// Replaces what is stored of the subscriptions' health, all in one transaction. Each
  /// subscription comes at most once.
  ///
  /// @returns one status for each change, in order: `not_pending` if the subscription was deleted.
  virtual result<std::vector<record_status>> record_health(
      std::string_view node, std::span<const health_change> changes) = 0;
};

}  // namespace talaria::persistence
