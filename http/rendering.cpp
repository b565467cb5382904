#include "http/rendering.hpp"

#include "domain/json_fields.hpp"
#include "domain/time.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <optional>

namespace talaria::http {
namespace {

namespace json = boost::json;

json::object describe(const domain::subscription_health& health, domain::timestamp now) {
  json::object shown{{"circuit_breaker", to_string(domain::state_of(health.breaker, now))},
                     {"reason", nullptr},
                     {"opened_at", nullptr},
                     {"next_probe_at", nullptr},
                     {"failing_since", time_or_null(health.failing_since)}};
  if (const auto& opening = health.breaker) {
    shown["reason"] = opening->reason;
    shown["opened_at"] = domain::to_rfc3339(opening->opened_at);
    shown["next_probe_at"] = domain::to_rfc3339(opening->next_probe_at);
  }
  return shown;
}

json::value describe(const domain::shared_receiver_tls& tls) {
  if (!tls) {
    return nullptr;
  }
  json::object shown = domain::to_json(*tls);
  if (!tls->client_certificate.empty()) {
    shown["expires_at"] = domain::to_rfc3339(tls->client_certificate_expires_at);
  }
  return shown;
}

/// All members but the closing brace, so that text can be put in as it is.
std::string open_event(const domain::event& event) {
  std::string text = json::serialize(json::object{
      {"id", to_string(event.id)},
      {"application_id", to_string(event.application)},
      {"event_type", event.type},
      {"occurred_at", domain::to_rfc3339(event.occurred_at)},
      {"received_at", domain::to_rfc3339(event.received_at)},
      {"priority", to_string(event.priority)},
      {"trace_id", domain::to_string(domain::trace_of(event))},
  });
  text.pop_back();
  return text + R"(,"labels":)" + domain::to_json(event.labels);
}

}  // namespace

json::value time_or_null(const std::optional<domain::timestamp>& time) {
  return time ? json::value(domain::to_rfc3339(*time)) : json::value(nullptr);
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

std::string to_json(const domain::attempt& attempt) {
  const bool answered = attempt.status_code != 0;
  const bool failed = attempt.error != domain::attempt_error::none;
  return json::serialize(json::object{
      {"number", attempt.number},
      {"started_at", domain::to_rfc3339(attempt.started_at)},
      {"duration_ms", attempt.duration.count()},
      {"status_code", answered ? json::value(attempt.status_code) : json::value(nullptr)},
      {"error", failed ? json::value(to_string(attempt.error)) : json::value(nullptr)},
      {"response_body", attempt.response_body},
      {"node", attempt.node},
  });
}

std::string to_json(const persistence::delivery_row& delivery) {
  return json::serialize(json::object{
      {"id", to_string(delivery.id)},
      {"event_id", to_string(delivery.id.event)},
      {"subscription_id", to_string(delivery.subscription)},
      {"event_type", delivery.event_type},
      {"status", to_string(delivery.status)},
      {"attempts", delivery.attempts},
      {"created_at", domain::to_rfc3339(delivery.created_at)},
      {"next_attempt_at", time_or_null(delivery.next_attempt_at)},
      {"ended_at", time_or_null(delivery.ended_at)},
  });
}

std::string to_json(const domain::recovery& recovery) {
  return json::serialize(json::object{
      {"id", to_string(recovery.id)},
      {"subscription_id", to_string(recovery.subscription)},
      {"status", to_string(recovery.status)},
      {"since", domain::to_rfc3339(recovery.wanted.since)},
      {"until", domain::to_rfc3339(recovery.wanted.until)},
      {"rate_per_second", recovery.wanted.rate_per_second},
      {"total", recovery.total},
      {"redelivered", recovery.redelivered},
      {"created_at", domain::to_rfc3339(recovery.created_at)},
      {"updated_at", domain::to_rfc3339(recovery.updated_at)},
      {"ended_at", time_or_null(recovery.ended_at)},
  });
}

std::string to_json(const domain::application& application) {
  const auto days = application.retention_days;
  return json::serialize(json::object{
      {"id", to_string(application.id)},
      {"name", application.name},
      {"metadata", domain::parse_stored_json(application.metadata)},
      {"retention_days", days ? json::value(*days) : json::value(nullptr)},
      {"system", application.is_system},
      {"strict_event_types", application.strict_event_types},
      {"created_at", domain::to_rfc3339(application.created_at)},
      {"updated_at", domain::to_rfc3339(application.updated_at)},
  });
}

std::string to_json(const domain::subscription& subscription, domain::timestamp now) {
  json::object fields{{"id", to_string(subscription.id)},
                      {"application_id", to_string(subscription.application)}};
  for (auto& [name, value] : domain::to_json(subscription.settings)) {
    fields[name] = std::move(value);
  }
  if (subscription.settings.payload_filter.empty()) {
    fields["payload_filter"] = nullptr;
  }
  fields["tls"] = describe(subscription.settings.tls);
  if (!subscription.settings.priority) {
    fields["priority"] = nullptr;
  }
  if (is_asymmetric(subscription.settings.signature)) {
    fields["public_key"] = domain::public_key_to_text(subscription.secrets.front().key);
  }
  const bool disabled = subscription.disabled != domain::disabled_reason::none;
  fields["paused"] = subscription.paused;
  fields["disabled_reason"] =
      disabled ? json::value(to_string(subscription.disabled)) : json::value(nullptr);
  fields["health"] = describe(subscription.health, now);
  fields["created_at"] = domain::to_rfc3339(subscription.created_at);
  fields["updated_at"] = domain::to_rfc3339(subscription.updated_at);
  return json::serialize(fields);
}

std::string to_json(const domain::event& event) {
  return open_event(event) + '}';
}

std::string to_json(const domain::event& event, std::string_view deliveries) {
  std::string text = open_event(event);
  text.append(R"(,"payload":)").append(event.payload);
  text.append(R"(,"deliveries":)").append(deliveries).append("}");
  return text;
}

}  // namespace talaria::http
