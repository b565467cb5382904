#pragma once

#include "domain/error.hpp"
#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/limits.hpp"
#include "domain/payload_filter.hpp"
#include "domain/receiver_tls.hpp"
#include "domain/retry_schedule.hpp"
#include "domain/signing_secret.hpp"
#include "domain/subscription_health.hpp"
#include "domain/time.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace talaria::domain {

/// How a subscription's deliveries follow each other: side by side, or each after the former ended.
enum class ordering : std::uint8_t { parallel, fifo };
enum class body_form : std::uint8_t { payload, envelope };
enum class http_method : std::uint8_t { post, put, patch };

std::string_view to_string(ordering order);
std::string_view to_string(body_form form);
std::string_view to_string(http_method method);

/// What its owner says of a subscription: every field a client may write.
struct subscription_settings {
  std::string url;
  std::vector<std::string> event_types = {"*"};
  /// Each label must equal the value; see `label`.
  labels label_filter;
  domain::payload_filter payload_filter;
  std::string description;
  /// A JSON object of the client's own, as text.
  std::string metadata = "{}";
  bool enabled = true;
  http_method method = http_method::post;
  /// Sent with every request, in this order.
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds timeout = limits::timeout_default;
  /// Deliveries take the event's priority unless this is set.
  std::optional<domain::priority> priority;
  std::uint32_t max_in_flight = limits::in_flight_default;
  /// Attempts, first ones and retries alike.
  std::optional<std::uint32_t> rate_limit_per_second;
  retry_schedule retry;
  circuit_breaker_settings circuit_breaker;
  /// Of failures without a success between them. Zero: it is never given up.
  std::chrono::hours disable_after_failing = limits::disable_after_failing_default;
  signature_scheme signature = signature_scheme::standard_v1;
  body_form body = body_form::payload;
  domain::ordering ordering = ordering::parallel;
  shared_receiver_tls tls;
};

/// Whether a subscription with these settings wants an event of its application.
bool wants(const subscription_settings& settings, const event& event);

/// Reads the settings of a new subscription.
///
/// @returns the first fault, with its field. Whether the URL's address may be delivered to is not
/// decided here.
result<subscription_settings> parse_subscription_settings(const boost::json::object& fields);

/// Changes settings by JSON Merge Patch (RFC 7396): a member that is absent keeps its value, one
/// that is null gets its default. A schedule and a payload filter are replaced as a whole. The key
/// of a client certificate, which clients never see, is a member like others.
///
/// @returns as `parse_subscription_settings`.
result<subscription_settings> merge_subscription_settings(const boost::json::object& changes,
                                                          const subscription_settings& base);

/// The fields as clients see them, without those that `subscription` adds, and without the key of
/// a client certificate.
boost::json::object to_json(const subscription_settings& settings);

/// Why a subscription that its owner enabled is off.
enum class disabled_reason : std::uint8_t {
  none = 0,
  gone = 1,     ///< the receiver answered 410
  failing = 2,  ///< it failed for as long as `disable_after_failing` allows
};
std::string_view to_string(disabled_reason reason);
std::optional<disabled_reason> parse_disabled_reason(std::string_view text);

struct subscription {
  subscription_id id;
  subscription_number number{};
  application_id application;
  organization_id organization;
  subscription_settings settings;
  /// The current one first. All are of the kind that the settings' scheme asks for.
  std::vector<signing_secret> secrets;
  bool paused = false;
  disabled_reason disabled = disabled_reason::none;
  /// As it was last stored, which may be a minute ago.
  subscription_health health;
  timestamp created_at;
  timestamp updated_at;
  /// The catalogue's revision at the last change of this row.
  std::int64_t revision = 0;

  /// Whether new events fan out to it. A paused one still gathers deliveries.
  bool active() const { return settings.enabled && disabled == disabled_reason::none; }
};

}  // namespace talaria::domain
