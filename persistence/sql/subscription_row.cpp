#include "persistence/sql/subscription_row.hpp"

#include "domain/json_fields.hpp"
#include "persistence/sql/connection.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace talaria::persistence::sql {

namespace {

namespace json = boost::json;

/// An element of the stored secrets, beside the signing secrets.
constexpr auto client_key_name = "client_key";

/// Puts the client certificate's key, which is stored with the secrets, to the certificate.
void restore_client_key(json::object& fields, const json::array& secrets) {
  auto* tls = fields.if_contains("tls");
  if (tls == nullptr)
    return;
  for (const auto& stored : secrets) {
    if (const auto* key = stored.as_object().if_contains(client_key_name))
      tls->as_object()[client_key_name] = *key;
  }
  // A deleted subscription has none of its secrets left.
  if (!tls->as_object().contains(client_key_name))
    tls->as_object().erase("client_certificate");
}

domain::subscription_settings parse_settings(const std::string& text, const json::array& secrets) {
  auto fields = domain::parse_stored_json(text).as_object();
  restore_client_key(fields, secrets);
  auto settings = domain::parse_subscription_settings(fields);
  if (!settings)
    throw unreadable_row(settings.error().detail);
  return *std::move(settings);
}

domain::signing_secret parse_secret(const json::object& stored) {
  auto key = domain::parse_secret(stored.at("key").as_string());
  if (!key)
    throw unreadable_row(key.error().detail);
  domain::signing_secret secret{*std::move(key), std::nullopt};
  if (const auto* expires = stored.if_contains("expires_us"))
    secret.expires_at = timestamp{std::chrono::microseconds{expires->to_number<std::int64_t>()}};
  return secret;
}

std::vector<domain::signing_secret> parse_secrets(const json::array& array) {
  std::vector<domain::signing_secret> secrets;
  for (const auto& stored : array) {
    if (!stored.as_object().contains(client_key_name))
      secrets.push_back(parse_secret(stored.as_object()));
  }
  return secrets;
}

domain::subscription_health to_health(const std::optional<timestamp>& failing_since,
                                      const std::optional<timestamp>& opened_at,
                                      const std::optional<timestamp>& next_probe_at,
                                      const std::string& breaker_reason) {
  domain::subscription_health health{.failing_since = failing_since, .breaker = std::nullopt};
  if (opened_at && next_probe_at)
    health.breaker = {
        .opened_at = *opened_at, .next_probe_at = *next_probe_at, .reason = breaker_reason};
  return health;
}

std::string secrets_to_json(const domain::subscription& subscription) {
  json::array stored;
  for (const auto& secret : subscription.secrets) {
    json::object fields{{"key", domain::secret_to_text(secret.key)}};
    if (secret.expires_at)
      fields["expires_us"] = secret.expires_at->time_since_epoch().count();
    stored.emplace_back(std::move(fields));
  }
  const auto& tls = subscription.settings.tls;
  if (tls && !tls->client_key.empty())
    stored.emplace_back(json::object{{client_key_name, tls->client_key}});
  return json::serialize(stored);
}

}  // namespace

domain::subscription to_subscription(const subscription_row& row, const domain::secret_box& box) {
  const auto& [number, id, organization, application, settings, secrets, paused, disabled,
               created_at, updated_at, revision, failing_since, opened_at, next_probe_at,
               breaker_reason] = row;
  try {
    const auto stored_secrets = json::parse(open_secrets(secrets, id, box));
    return {.id = id,
            .number = number,
            .application = application,
            .organization = organization,
            .settings = parse_settings(settings, stored_secrets.as_array()),
            .secrets = parse_secrets(stored_secrets.as_array()),
            .paused = paused,
            .disabled = disabled,
            .health = to_health(failing_since, opened_at, next_probe_at, breaker_reason),
            .created_at = created_at,
            .updated_at = updated_at,
            .revision = revision};
  } catch (const std::exception& fault) {
    // The fault's text is about the form, never the value: secrets stay out of it.
    throw unreadable_row(fmt::format("subscription {}: {}", domain::to_string(id), fault.what()));
  }
}

std::string settings_to_json(const domain::subscription_settings& settings) {
  return json::serialize(domain::to_json(settings));
}

std::string stored_secrets_of(const domain::subscription& subscription,
                              const domain::secret_box& box) {
  return box.seal(secrets_to_json(subscription), domain::to_string(subscription.id));
}

std::string open_secrets(const std::string& stored, const domain::subscription_id& owner,
                         const domain::secret_box& box) {
  // JSON that was written before there was a key: no sealed text begins like an array.
  if (stored.starts_with('['))
    return stored;
  auto opened = box.open(stored, domain::to_string(owner));
  if (!opened)
    throw unreadable_row(opened.error().detail);
  return *std::move(opened);
}

}  // namespace talaria::persistence::sql
