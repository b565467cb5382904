#pragma once

#include "domain/id.hpp"
#include "domain/recovery.hpp"
#include "persistence/session.hpp"
#include "persistence/tenant.hpp"
#include "persistence/write_note.hpp"

#include <cstddef>
#include <vector>

namespace talaria::persistence {

/// Jobs that make what is dead pending again: a range of time of one subscription, a few deliveries
/// at a time, so that fresh ones are not held up. What has been done of one is committed with its
/// doing: after any failure it goes on where it stopped, and no delivery is made pending twice.
///
/// An event belongs to the time in its id. Events that are expired are left out. What is another
/// tenant's is `ec::not_found`; the recoveries of a deleted subscription stay.
class recoveries : public annotated {
public:
  /// Nothing is made pending while so many deliveries of the subscription are due.
  static constexpr std::size_t due_max = 1'000;

  /// Counts what is dead; `advance` does the rest. The bounds are cut to milliseconds.
  /// @returns `ec::conflict` if another one of the subscription is running; `ec::not_found` also if
  /// the subscription was deleted.
  virtual result<domain::recovery> create(const tenant& tenant,
                                          const domain::subscription_id& subscription,
                                          const domain::recovery_id& id,
                                          const domain::recovery_request& wanted,
                                          timestamp now) = 0;
  virtual result<domain::recovery> find(const tenant& tenant,
                                        const domain::subscription_id& subscription,
                                        const domain::recovery_id& id) = 0;
  /// Those of a subscription.
  virtual result<page_of<domain::recovery>> list(const tenant& tenant,
                                                 const domain::subscription_id& subscription,
                                                 const page_request& page) = 0;
  /// What it has made pending stays so.
  /// @returns `ec::conflict` unless it is running.
  virtual result<domain::recovery> cancel(const tenant& tenant,
                                          const domain::subscription_id& subscription,
                                          const domain::recovery_id& id, timestamp now) = 0;

  /// Whoever's they are: for the actor that advances them. In the order of their subscriptions.
  virtual result<std::vector<domain::recovery>> running() = 0;

  /// Makes the next deliveries pending, by the ids of their events, as `history::retry_delivery`
  /// does: at most `deliveries_max`, in one transaction. Fewer than that are the last, and the
  /// recovery is finished; if its subscription was deleted it is cancelled. The operational event
  /// that tells of its end is written in the same transaction, as it is by `cancel`. While
  /// `due_max` deliveries of the subscription are due, and once it has ended, nothing changes.
  ///
  /// @param deliveries_max At least 1.
  /// @returns how it stands.
  virtual result<domain::recovery> advance(const domain::recovery_id& id,
                                           std::size_t deliveries_max, timestamp now) = 0;
};

}  // namespace talaria::persistence
