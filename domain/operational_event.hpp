#pragma once

#include "domain/attempt.hpp"
#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/recovery.hpp"
#include "domain/subscription.hpp"
#include "domain/time.hpp"

#include <string>

namespace talaria::domain {

/// What happened to a subscription or to one of its deliveries, for those who operate it: becomes
/// an event of its organization's system application.
struct operational_event {
  /// Under which it is told once, however often it is written down.
  uuid id;
  organization_id organization;
  /// Of the subscription. What happens within the system application itself is not told: a receiver
  /// of such events that fails would cause ever more of them.
  application_id application;
  std::string type;
  /// By which subscriptions to such events may select: `application_id` and `subscription_id`.
  domain::labels labels;
  /// A JSON object.
  std::string payload;
  timestamp occurred_at;
};

/// `subscription.disabled`
operational_event tell_disabled(const uuid& id, const subscription& subscription,
                                disabled_reason reason, const subscription_health& health,
                                timestamp now);

/// `subscription.breaker_opened`
operational_event tell_breaker_opened(const uuid& id, const subscription& subscription,
                                      const breaker_opening& opening, timestamp now);

/// `subscription.recovered`: the breaker closed.
///
/// @param opening The one that is over.
operational_event tell_recovered(const uuid& id, const subscription& subscription,
                                 const breaker_opening& opening, timestamp now);

/// `delivery.dead`
///
/// @param last The attempt after which none follows.
operational_event tell_dead(const uuid& id, const subscription& subscription, const event& event,
                            const attempt& last, timestamp now);

/// `recover.finished`, under the recovery's own id: there is one for each.
///
/// @pre the recovery has ended
operational_event tell_recover_finished(const subscription& subscription, const recovery& ended);

}  // namespace talaria::domain
