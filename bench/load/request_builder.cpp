#include "bench/load/request_builder.hpp"

#include <fmt/format.h>

namespace talaria::load {

namespace {

std::string head(const load_options& options, const std::string& host, std::size_t body_bytes) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n"
      "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
      options.batch_events == 1 ? "/api/v1/events" : "/api/v1/events/batch", host, options.api_key,
      body_bytes);
}

}  // namespace

request_builder::request_builder(const load_options& options, const std::string& host) {
  const auto payload = make_payload(options.payload_bytes);
  for (const auto& type : options.event_types) {
    const auto before = fmt::format(R"({{"event_type":"{}","payload":)", type);
    const bool is_batch = options.batch_events > 1;
    prepared made;
    std::string body = is_batch ? R"({"events":[)" : "";
    for (std::size_t event = 0; event < options.batch_events; ++event) {
      body.append(event == 0 ? "" : ",").append(before);
      made.payloads.push_back(body.size());
      body.append(payload).append("}");
    }
    body += is_batch ? "]}" : "";
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
