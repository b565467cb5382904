#include "bench/load/request_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace talaria::load {

namespace {

std::string head(const load_options& options, const std::string& host, std::size_t body_bytes) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n"
      "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
      options.batch_events == 1 ? "/api/v1/events" : "/api/v1/events/batch", host, options.api_key,
      body_bytes);
}

/// What precedes the payload of an event.
std::string event_head(const load_options& options, const std::string& type) {
  auto text = fmt::format(R"({{"event_type":"{}",)", type);
  if (!options.application.empty())
    text += fmt::format(R"("application_id":"{}",)", options.application);
  return text + R"("payload":)";
}

constexpr std::string_view event_end = "}";
constexpr std::string_view batch_head = R"({"events":[)";
constexpr std::string_view batch_end = "]}";

}  // namespace

std::size_t body_bytes_max(const load_options& options) {
  std::size_t event_bytes = 0;
  for (const auto& type : options.event_types)
    event_bytes = std::max(
        event_bytes, event_head(options, type).size() + options.payload_bytes + event_end.size());
  if (options.batch_events == 1)
    return event_bytes;
  const auto commas = options.batch_events - 1;
  return batch_head.size() + options.batch_events * event_bytes + commas + batch_end.size();
}

request_builder::request_builder(const load_options& options, const std::string& host) {
  const auto payload = make_payload(options.payload_bytes);
  for (const auto& type : options.event_types) {
    const auto before = event_head(options, type);
    const bool is_batch = options.batch_events > 1;
    prepared made;
    std::string body{is_batch ? batch_head : ""};
    for (std::size_t event = 0; event < options.batch_events; ++event) {
      body.append(event == 0 ? "" : ",").append(before);
      made.payloads.push_back(body.size());
      body.append(payload).append(event_end);
    }
    body += is_batch ? batch_end : "";
    made.bytes = head(options, host, body.size());
    for (auto& position : made.payloads)
      position += made.bytes.size();
    made.bytes += body;
    by_type_.push_back(std::move(made));
  }
}

void request_builder::write(std::string& into, event_stamp first) {
  const auto& next = by_type_[next_type_];
  next_type_ = (next_type_ + 1) % by_type_.size();
  into.assign(next.bytes);
  for (const auto position : next.payloads) {
    put_stamp(into.data() + position, first);
    ++first.sequence;
  }
}

}  // namespace talaria::load
