// Whatever the decoder takes for an event keeps to the bounds, carries its payload byte for byte,
// and reads back as the same event.

#include "domain/event.hpp"
#include "domain/limits.hpp"
#include "http/event_decoder.hpp"
#include "http/json_reader.hpp"
#include "tests/fuzz/require.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace talaria::fuzz {
namespace {

namespace limits = domain::limits;

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::value(boost::json::string_view(text)));
}

std::string text_of(const domain::event& event) {
  std::string text = R"({"priority":)" + quoted(to_string(event.priority)) + R"(,"event_type":)" +
                     quoted(event.type) + R"(,"labels":{)";
  for (const auto& label : event.labels) {
    text += (text.ends_with('{') ? "" : ",") + quoted(label.name) + ":" + label.value;
  }
  return text + R"(},"payload":)" + event.payload + "}";
}

void check_bounds(const domain::event& event, std::string_view body) {
  require(domain::is_event_type(event.type), "an event has a type");
  require(event.payload.size() <= limits::payload_bytes_max, "a payload's size");
  require(body.find(event.payload) != std::string_view::npos, "a payload is as sent");
  require(http::check_json(event.payload, limits::json_depth_max).has_value(), "a payload is JSON");
  require(event.labels.size() <= limits::labels_max, "the number of labels");
  for (const auto& label : event.labels) {
    require(!label.name.empty() && label.name.size() <= limits::label_name_bytes_max,
            "the size of a label's name");
    const auto value = boost::json::parse(label.value);
    const auto* text = value.if_string();
    require((text ? text->size() : label.value.size()) <= limits::label_value_bytes_max,
            "the size of a label's value");
    require(!text || text->find('\0') == std::string::npos, "no NUL reaches the store");
  }
}

void check_read_back(const domain::event& event) {
  const auto again = http::decode_event(text_of(event), std::nullopt);
  require(again.has_value(), "what was taken is taken again");
  const auto& copy = *again->draft.event;
  require(copy.type == event.type && copy.payload == event.payload &&
              copy.priority == event.priority && copy.labels == event.labels,
          "an event reads back as the same");
}

}  // namespace
}  // namespace talaria::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace talaria;
  using namespace talaria::fuzz;
  const std::string_view body = as_text(data, size);
  if (const auto decoded = http::decode_event(body, std::nullopt)) {
    check_bounds(*decoded->draft.event, body);
    check_read_back(*decoded->draft.event);
    const auto batch = http::decode_batch(R"({"events":[)" + std::string(body) + "]}");
    require(batch && batch->events.size() == 1, "an event may be a batch of one");
  }
  if (const auto batch = http::decode_batch(body)) {
    require(batch->events.empty() != batch->faults.empty(), "a batch is taken or refused");
    for (const auto& decoded : batch->events) {
      check_bounds(*decoded.draft.event, body);
      check_read_back(*decoded.draft.event);
    }
    require(http::check_json(to_json(batch->faults), limits::json_depth_max).has_value(),
            "faults are told in JSON");
  }
  return 0;
}
