#pragma once

#include "domain/attempt.hpp"
#include "domain/delivery.hpp"
#include "domain/event.hpp"
#include "domain/id.hpp"
#include "persistence/session.hpp"
#include "persistence/tenant.hpp"
#include "persistence/write_note.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace talaria::persistence {

struct delivery_row {
  domain::delivery_id id;
  domain::subscription_id subscription;
  std::string event_type;
  domain::delivery_status status = domain::delivery_status::pending;
  std::uint32_t attempts = 0;
  timestamp created_at;
  /// Pending: when the next attempt is due. Otherwise absent.
  std::optional<timestamp> next_attempt_at;
  /// Not pending: when it ended.
  std::optional<timestamp> ended_at;
};

struct event_filter {
  std::optional<std::string> type;
  domain::labels labels;
  /// Bounds of `received_at`, both exclusive.
  std::optional<timestamp> after;
  std::optional<timestamp> before;
};

struct delivery_filter {
  std::optional<domain::delivery_status> status;
  std::optional<domain::subscription_id> subscription;
  std::optional<domain::event_id> event;
};

/// Counts by priority, over all tenants.
struct queue_depth {
  domain::priority priority{};
  std::uint64_t pending = 0;
  std::optional<timestamp> oldest_due;
};

/// Events, deliveries and attempts as clients ask for them, and what a person may do to a delivery.
/// What is another tenant's, or of an application that was deleted, is `ec::not_found`; what is of
/// a deleted subscription stays.
///
/// An event is expired when it is older than its application's retention, by the time in its id,
/// and has no pending delivery. With its deliveries and attempts it is then as if it were deleted,
/// whether or not `upkeep` has come to it, as far as the store was opened with a
/// `retention_clock`. One exception: of an old event that a pending delivery keeps, the deliveries
/// that have ended are in no list of deliveries but the event's own.
class history : public annotated {
public:
  /// Payloads are left empty, and so are the `state`s of traces.
  virtual result<page_of<domain::event>> list_events(const tenant& tenant,
                                                     const event_filter& filter,
                                                     const page_request& page) = 0;
  virtual result<domain::event> find_event(const tenant& tenant, const domain::event_id& id) = 0;

  /// A cursor is the delivery's id as a UUID.
  /// @returns `ec::not_found` if the filter names a subscription or an event that there is not;
  /// `ec::invalid_cursor` if the cursor names no delivery.
  virtual result<page_of<delivery_row>> list_deliveries(const tenant& tenant,
                                                        const delivery_filter& filter,
                                                        const page_request& page) = 0;
  virtual result<delivery_row> find_delivery(const tenant& tenant,
                                             const domain::delivery_id& id) = 0;
  /// In the order of their numbers.
  virtual result<std::vector<domain::attempt>> list_attempts(const tenant& tenant,
                                                             const domain::delivery_id& id) = 0;

  /// A delivery that is dead, cancelled or delivered becomes pending, due now, its schedule from
  /// the start, in its former place if its subscription is ordered. One that is pending becomes due
  /// now, unless it is due already.
  /// @returns `ec::conflict` if its subscription was deleted.
  virtual result<void> retry_delivery(const tenant& tenant, const domain::delivery_id& id,
                                      timestamp now) = 0;
  /// @returns `ec::conflict` unless it is pending.
  virtual result<void> cancel_delivery(const tenant& tenant, const domain::delivery_id& id,
                                       timestamp now) = 0;
  /// Retries every delivery of the event whose subscription still exists.
  /// @returns their subscriptions.
  virtual result<std::vector<subscription_number>> replay_event(const tenant& tenant,
                                                                const domain::event_id& id,
                                                                timestamp now) = 0;

  /// One for each priority, the highest first. Reads the whole queue: about 0.4 s per million
  /// pending deliveries, so callers keep the answer for a while.
  virtual result<std::vector<queue_depth>> queue_depths() = 0;

  /// How many deliveries of an organization are pending; stops to count at `counted_max`.
  virtual result<std::uint32_t> count_pending(const domain::organization_id& organization,
                                              std::uint32_t counted_max) = 0;
};

}  // namespace talaria::persistence
