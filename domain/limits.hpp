#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Every bound a client can meet, in one place.
namespace talaria::domain::limits {

using namespace std::chrono_literals;

// Submitted events.
inline constexpr std::size_t payload_bytes_max = 256 * 1024;
inline constexpr std::size_t batch_events_max = 1000;
inline constexpr std::size_t batch_bytes_max = 16 * 1024 * 1024;
/// The envelope may add this much to its payload.
inline constexpr std::size_t event_body_bytes_max = payload_bytes_max + 64 * 1024;
inline constexpr std::size_t event_type_bytes_max = 128;
inline constexpr std::size_t idempotency_key_bytes_max = 255;
inline constexpr std::size_t labels_max = 32;
inline constexpr std::size_t label_name_bytes_max = 64;
inline constexpr std::size_t label_value_bytes_max = 256;
/// Deeper JSON is refused: receivers parse recursively.
inline constexpr std::size_t json_depth_max = 64;
inline constexpr std::chrono::hours idempotency_window_default = 24h;

// Managed resources.
/// Certificates take the largest part.
inline constexpr std::size_t management_body_bytes_max = 128 * 1024;
inline constexpr std::size_t name_bytes_max = 128;
inline constexpr std::size_t description_bytes_max = 1024;
inline constexpr std::size_t metadata_bytes_max = 4096;
inline constexpr std::size_t event_type_schema_bytes_max = 32 * 1024;
/// Of one application: all are held in memory.
inline constexpr std::size_t event_types_max = 1'000;
inline constexpr std::uint32_t requests_per_minute_default = 1'000;
inline constexpr std::uint32_t organization_limit_max = 1'000'000'000;
/// Ten years: what must be kept for longer belongs into an archive, not into a queue's store.
inline constexpr std::uint32_t retention_days_max = 3'650;
inline constexpr std::size_t page_limit_max = 250;
inline constexpr std::size_t page_limit_default = 50;

// Subscriptions.
inline constexpr std::size_t url_bytes_max = 2048;
inline constexpr std::size_t event_type_patterns_max = 64;
inline constexpr std::size_t ca_certificates_bytes_max = 32 * 1024;
inline constexpr std::size_t client_certificate_bytes_max = 16 * 1024;
inline constexpr std::size_t client_key_bytes_max = 8 * 1024;
inline constexpr std::size_t custom_headers_max = 32;
inline constexpr std::size_t custom_header_bytes_max = 4096;
inline constexpr std::chrono::milliseconds timeout_default = 15s;
inline constexpr std::chrono::milliseconds timeout_max = 60s;
inline constexpr std::uint32_t in_flight_default = 16;
inline constexpr std::uint32_t in_flight_max = 1000;
inline constexpr std::uint32_t rate_limit_per_second_max = 10'000;
inline constexpr std::size_t retry_delays_max = 50;
inline constexpr std::chrono::milliseconds retry_delay_max = 720h;
inline constexpr double breaker_failure_rate_default = 0.5;
inline constexpr std::uint32_t breaker_min_calls_default = 20;
inline constexpr std::uint32_t breaker_min_calls_max = 10'000;
inline constexpr std::chrono::milliseconds breaker_window_default = 60s;
inline constexpr std::chrono::milliseconds breaker_window_min = 1s;
inline constexpr std::chrono::milliseconds breaker_window_max = 1h;
inline constexpr std::chrono::milliseconds breaker_open_default = 30s;
inline constexpr std::chrono::milliseconds breaker_open_min = 1s;
inline constexpr std::chrono::milliseconds breaker_open_max = 24h;
inline constexpr std::uint32_t breaker_half_open_calls_default = 3;
inline constexpr std::uint32_t breaker_half_open_calls_max = 100;
inline constexpr std::chrono::hours disable_after_failing_default = 120h;
/// A year.
inline constexpr std::chrono::hours disable_after_failing_max = 8'760h;
inline constexpr std::size_t secret_key_bytes_min = 24;
inline constexpr std::size_t secret_key_bytes_max = 64;
inline constexpr std::size_t secret_key_bytes_default = 32;
inline constexpr std::chrono::hours secret_overlap_default = 24h;
inline constexpr std::chrono::hours secret_overlap_max = 168h;
inline constexpr std::uint32_t recovery_rate_per_second_default = 100;
inline constexpr std::uint32_t recovery_rate_per_second_max = 10'000;

// The payload filter of a subscription.
inline constexpr std::size_t filter_bytes_max = 8 * 1024;
/// A comparison alone is one deep.
inline constexpr std::size_t filter_depth_max = 8;
/// Of one `and` or `or`.
inline constexpr std::size_t filter_rules_max = 16;
/// Of all rules together: what an event costs.
inline constexpr std::size_t filter_comparisons_max = 64;
inline constexpr std::size_t filter_path_bytes_max = 256;
inline constexpr std::size_t filter_string_bytes_max = 256;
/// Of one `in`.
inline constexpr std::size_t filter_values_max = 64;
/// Numbers that are closer to 0 or farther from it do not survive being stored.
inline constexpr std::string_view filter_number_min = "1e-300";
inline constexpr std::string_view filter_number_max = "1e300";

// What is kept of a receiver's answer.
inline constexpr std::size_t response_body_characters_kept = 1000;

static_assert(event_body_bytes_max < batch_bytes_max);
// Each rule but the innermost adds an object and an array, and `in` one more, inside the settings.
static_assert(2 * filter_depth_max + 1 < json_depth_max);
// The line ends of PEM take twice their bytes in JSON, one in 65.
static_assert((ca_certificates_bytes_max + client_certificate_bytes_max + client_key_bytes_max) *
                      66 / 65 +
                  filter_bytes_max + metadata_bytes_max <
              management_body_bytes_max);
static_assert(in_flight_default <= in_flight_max);
static_assert(recovery_rate_per_second_default <= recovery_rate_per_second_max);
static_assert(page_limit_default <= page_limit_max);

}  // namespace talaria::domain::limits
