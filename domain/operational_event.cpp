#include "domain/operational_event.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <optional>
#include <utility>

namespace talaria::domain {

namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

operational_event tell(const uuid& id, const subscription& subscription, std::string type,
                       const json::object& details, timestamp now) {
  const auto application_text = to_string(subscription.application);
  const auto subscription_text = to_string(subscription.id);
  json::object payload{{"application_id", application_text},
                       {"subscription_id", subscription_text},
                       {"url", subscription.settings.url}};
  for (const auto& [name, value] : details)
    payload[name] = value;
  return {.id = id,
          .organization = subscription.organization,
          .application = subscription.application,
          .type = std::move(type),
          .labels = {{"application_id", json::serialize(json::string{application_text})},
                     {"subscription_id", json::serialize(json::string{subscription_text})}},
          .payload = json::serialize(payload),
          .occurred_at = now};
}

json::object describe(const attempt& made) {
  const bool answered = made.status_code != 0;
  const bool failed = made.error != attempt_error::none;
  return {{"number", made.number},
          {"started_at", to_rfc3339(made.started_at)},
          {"duration_ms", made.duration.count()},
          {"status_code", answered ? json::value(made.status_code) : json::value(nullptr)},
          {"error", failed ? json::value(to_string(made.error)) : json::value(nullptr)}};
}

}  // namespace

operational_event tell_disabled(const uuid& id, const subscription& subscription,
                                disabled_reason reason, const subscription_health& health,
                                timestamp now) {
  return tell(id, subscription, "subscription.disabled",
              {{"reason", to_string(reason)},
               {"disabled_at", to_rfc3339(now)},
               {"failing_since", time_or_null(health.failing_since)}},
              now);
}

operational_event tell_breaker_opened(const uuid& id, const subscription& subscription,
                                      const breaker_opening& opening, timestamp now) {
  return tell(id, subscription, "subscription.breaker_opened",
              {{"reason", opening.reason},
               {"opened_at", to_rfc3339(opening.opened_at)},
               {"next_probe_at", to_rfc3339(opening.next_probe_at)}},
              now);
}

operational_event tell_recovered(const uuid& id, const subscription& subscription,
                                 const breaker_opening& opening, timestamp now) {
  return tell(id, subscription, "subscription.recovered",
              {{"opened_at", to_rfc3339(opening.opened_at)}, {"recovered_at", to_rfc3339(now)}},
              now);
}

operational_event tell_dead(const uuid& id, const subscription& subscription, const event& event,
                            const attempt& last, timestamp now) {
  return tell(id, subscription, "delivery.dead",
              {{"delivery_id", to_string(delivery_id{event.id, subscription.number})},
               {"event_id", to_string(event.id)},
               {"event_type", event.type},
               {"attempts", last.number},
               {"last_attempt", describe(last)}},
              now);
}

operational_event tell_recover_finished(const subscription& subscription, const recovery& ended) {
  return tell(ended.id.value, subscription, "recover.finished",
              {{"recovery_id", to_string(ended.id)},
               {"status", to_string(ended.status)},
               {"since", to_rfc3339(ended.wanted.since)},
               {"until", to_rfc3339(ended.wanted.until)},
               {"redelivered", ended.redelivered}},
              ended.ended_at.value_or(ended.updated_at));
}

}  // namespace talaria::domain
