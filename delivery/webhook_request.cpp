#include "delivery/webhook_request.hpp"

#include "domain/id.hpp"
#include "domain/signature.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace talaria::delivery {

namespace {

using header_lines = std::vector<std::string>;

/// A bijection that spreads every input bit over all output bits (the finaliser of SplitMix64).
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31U);
}

domain::span_id span_of(const domain::uuid& event, domain::subscription_number subscription,
                        std::uint32_t attempt) {
  std::uint64_t id = 0;
  for (std::uint8_t byte : event.bytes)
    id = mixed(id * 257 + byte + 1);
  id = mixed(id ^ (std::uint64_t{domain::to_integer(subscription)} << 32U | attempt));
  // All zeros is the one value that W3C Trace Context forbids.
  id = id == 0 ? 1 : id;
  domain::span_id bytes;
  for (std::size_t i = bytes.size(); i > 0; --i, id >>= 8U)
    bytes.at(i - 1) = static_cast<std::uint8_t>(id);
  return bytes;
}

constexpr std::uint8_t sampled = 1;

/// All deliveries of an event are of one trace, and every attempt is a span of it.
void add_trace(header_lines& lines, const domain::subscription& subscription,
               const domain::event& event, std::uint32_t attempt) {
  const auto span = span_of(event.id.value, subscription.number, attempt);
  const auto flags = event.trace ? event.trace->flags : sampled;
  lines.push_back("traceparent: " + domain::to_traceparent(domain::trace_of(event), span, flags));
  if (event.trace && !event.trace->state.empty())
    lines.push_back("tracestate: " + event.trace->state);
}

// Event types, ids and times need no escaping in JSON. The payload is put in as text, as a JSON
// library would write its numbers anew.

std::string envelope(const domain::event& event) {
  return fmt::format(R"({{"type":"{}","timestamp":"{}","data":{}}})", event.type,
                     domain::to_rfc3339(event.occurred_at), event.payload);
}

std::string hook0_body(const domain::event& event) {
  return fmt::format(
      R"({{"event_id":"{}","event_type":"{}","payload":{},"labels":{},"timestamp":"{}"}})",
      domain::to_string(event.id), event.type, event.payload, domain::to_json(event.labels),
      domain::to_rfc3339(event.occurred_at));
}

std::string body_of(const domain::subscription_settings& settings, const domain::event& event) {
  if (settings.signature == domain::signature_scheme::hook0)
    return hook0_body(event);
  return settings.body == domain::body_form::envelope ? envelope(event) : event.payload;
}

std::string sign_standard(const domain::subscription& subscription, std::string_view id,
                          std::string_view body, domain::timestamp now) {
  return subscription.settings.signature == domain::signature_scheme::standard_v1a
             ? domain::sign_standard_v1a(subscription.secrets, id, body, now)
             : domain::sign_standard_v1(subscription.secrets, id, body, now);
}

void add_standard_signature(header_lines& lines, const domain::subscription& subscription,
                            const domain::event& event, std::string_view body,
                            domain::timestamp now) {
  const std::string id = domain::to_string(event.id);
  lines.push_back("webhook-id: " + id);
  lines.push_back(
      fmt::format("webhook-timestamp: {}",
                  std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count()));
  lines.push_back("webhook-signature: " + sign_standard(subscription, id, body, now));
  lines.push_back("webhook-event-type: " + event.type);
}

/// `webhook-id` as well: it is how a receiver of either scheme recognises a repeat.
void add_hook0_signature(header_lines& lines, const domain::subscription& subscription,
                         const domain::event& event, std::string_view body) {
  const std::string id = domain::to_string(event.id);
  lines.push_back("webhook-id: " + id);
  lines.push_back("Hook0-Signature: " + domain::sign_hook0(subscription.secrets, body));
  lines.push_back("Hook0-Event-Type: " + event.type);
  lines.push_back("Hook0-Event-Id: " + id);
}

}  // namespace

outbound_request compose_webhook_request(const domain::subscription& subscription,
                                         const domain::event& event, std::uint32_t attempt,
                                         domain::timestamp now,
                                         std::optional<std::uint64_t> sequence) {
  const domain::subscription_settings& settings = subscription.settings;
  outbound_request request{.method = settings.method,
                           .url = settings.url,
                           .headers = {},
                           .body = body_of(settings, event),
                           .tls = settings.tls,
                           .timeout = settings.timeout};
  header_lines& lines = request.headers;
  lines.reserve(8 + settings.headers.size());
  lines.emplace_back("content-type: application/json");
  lines.emplace_back("user-agent: Talaria/" TALARIA_VERSION);
  if (settings.signature == domain::signature_scheme::hook0)
    add_hook0_signature(lines, subscription, event, request.body);
  else
    add_standard_signature(lines, subscription, event, request.body, now);
  lines.push_back(fmt::format("webhook-attempt: {}", attempt));
  if (sequence)
    lines.push_back(fmt::format("webhook-sequence: {}", *sequence));
  add_trace(lines, subscription, event, attempt);
  for (const auto& [name, value] : settings.headers)
    lines.push_back(fmt::format("{}: {}", name, value));
  return request;
}

}  // namespace talaria::delivery
