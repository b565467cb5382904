#include "http/event_decoder.hpp"

#include "domain/event.hpp"
#include "domain/limits.hpp"
#include "domain/time.hpp"
#include "http/idempotency_key.hpp"
#include "http/json_reader.hpp"
#include "http/sha256.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;
using domain::result;
namespace limits = domain::limits;

/// A payload may be as deep as `limits::json_depth_max`; these hold it.
constexpr std::size_t event_depth = 1;
constexpr std::size_t batch_depth = 3;

/// The first 16 bytes of a hash: no one can find two texts with the same.
domain::uuid half_of(const sha256_digest& digest) {
  domain::uuid half;
  std::copy_n(digest.begin(), half.bytes.size(), half.bytes.begin());
  return half;
}

/// What is read, besides the draft itself, until all members have been seen.
struct event_in_progress {
  event_in_progress() {
    decoded.draft.event = std::make_shared<domain::event>();
    decoded.draft.occurred_now = true;
  }

  domain::event& event() { return *decoded.draft.event; }

  decoded_event decoded;
  bool has_type = false;
  bool has_payload = false;
  std::optional<std::string> idempotency_key;
};

result<std::string> read_text(std::string_view value, std::string_view field) {
  if (!is_json_string(value)) {
    return fail(ec::wrong_type, "The field must be a string.", "/" + std::string(field));
  }
  return decode_json_string(value);
}

result<void> read_type(std::string_view value, std::string_view field, event_in_progress& into) {
  auto text = read_text(value, field);
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (!domain::is_event_type(*text)) {
    return fail(ec::invalid_value,
                "An event type is made of letters, digits, _ and -, in parts separated by full "
                "stops, and has at most 128 bytes.",
                "/" + std::string(field));
  }
  into.event().type = std::move(*text);
  into.has_type = true;
  return {};
}

result<void> read_payload(std::string_view value, std::string_view, event_in_progress& into) {
  if (value.size() > limits::payload_bytes_max) {
    return fail(ec::too_large, "The payload may have 262144 bytes.", "/payload");
  }
  into.event().payload = value;
  into.has_payload = true;
  return {};
}

bool is_label_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::label_name_bytes_max &&
         std::all_of(name.begin(), name.end(), [](char letter) {
           return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                  (letter >= 'A' && letter <= 'Z') || letter == '.' || letter == '_' ||
                  letter == '-';
         });
}

result<std::string> read_label_value(std::string_view value, const std::string& field) {
  if (is_json_object(value) || is_json_array(value) || value == "null") {
    return fail(ec::wrong_type, "A label is a string, a number or a boolean.", field);
  }
  const auto scalar = boost::json::parse({value.data(), value.size()});
  const std::size_t bytes = scalar.is_string() ? scalar.get_string().size() : value.size();
  if (bytes > limits::label_value_bytes_max) {
    return fail(ec::invalid_value, "A label's value has at most 256 bytes.", field);
  }
  if ((scalar.is_string() && scalar.get_string().find('\0') != std::string_view::npos) ||
      (scalar.is_double() && !std::isfinite(scalar.get_double()))) {
    return fail(ec::invalid_value, "The label's value holds NUL or is out of range.", field);
  }
  return domain::label_value_text(scalar);
}

result<void> read_labels(std::string_view value, std::string_view, event_in_progress& into) {
  if (!is_json_object(value)) {
    return fail(ec::wrong_type, "The field must be an object.", "/labels");
  }
  const auto members = members_of(value);
  if (!members) {
    return tl::unexpected(members.error());
  }
  if (members->size() > limits::labels_max) {
    return fail(ec::invalid_value, "An event has at most 32 labels.", "/labels");
  }
  for (const json_member& member : *members) {
    if (!is_label_name(member.name)) {
      return fail(ec::invalid_value,
                  "A label's name has 1 to 64 letters, digits, full stops, _ and -.", "/labels");
    }
    auto text = read_label_value(member.value, "/labels/" + member.name);
    if (!text) {
      return tl::unexpected(text.error());
    }
    into.event().labels.push_back({member.name, std::move(*text)});
  }
  return {};
}

result<void> read_idempotency_key(std::string_view value, std::string_view field,
                                  event_in_progress& into) {
  auto text = read_text(value, field);
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (auto checked = check_idempotency_key(*text, field); !checked) {
    return checked;
  }
  into.idempotency_key = std::move(*text);
  return {};
}

result<void> read_occurred_at(std::string_view value, std::string_view field,
                              event_in_progress& into) {
  const auto text = read_text(value, field);
  if (!text) {
    return tl::unexpected(text.error());
  }
  const auto time = domain::parse_rfc3339(*text);
  if (!time) {
    return fail(ec::invalid_value, "The field must be a time as in RFC 3339.",
                "/" + std::string(field));
  }
  into.event().occurred_at = *time;
  into.decoded.draft.occurred_now = false;
  return {};
}

result<void> read_priority(std::string_view value, std::string_view, event_in_progress& into) {
  const auto text = read_text(value, "priority");
  if (!text) {
    return tl::unexpected(text.error());
  }
  const auto priority = domain::parse_priority(*text);
  if (!priority) {
    return fail(ec::invalid_value, "A priority is high, normal or low.", "/priority");
  }
  into.event().priority = *priority;
  return {};
}

result<void> read_application(std::string_view value, std::string_view, event_in_progress& into) {
  const auto text = read_text(value, "application_id");
  if (!text) {
    return tl::unexpected(text.error());
  }
  const auto id = domain::parse_uuid(*text);
  if (!id) {
    return fail(ec::invalid_value, "The field must be a UUID.", "/application_id");
  }
  into.decoded.application = domain::application_id{*id};
  return {};
}

struct event_field {
  std::string_view name;
  std::string_view alias;
  result<void> (*read)(std::string_view value, std::string_view field, event_in_progress& into);
};

constexpr std::array fields = {
    event_field{"event_type", "type", read_type},
    event_field{"payload", "payload", read_payload},
    event_field{"labels", "labels", read_labels},
    event_field{"idempotency_key", "dedup_id", read_idempotency_key},
    event_field{"occurred_at", "timestamp", read_occurred_at},
    event_field{"priority", "priority", read_priority},
    event_field{"application_id", "application_id", read_application},
};

result<void> read_members(const std::vector<json_member>& members, event_in_progress& into) {
  std::array<bool, fields.size()> seen{};
  for (const json_member& member : members) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const event_field& known) {
      return known.name == member.name || known.alias == member.name;
    });
    if (field == fields.end()) {
      return fail(ec::unknown_field, "An event has no field of this name.", "/" + member.name);
    }
    bool& given = seen.at(static_cast<std::size_t>(field - fields.begin()));
    if (std::exchange(given, true)) {
      return fail(ec::invalid_value, "The field is given by both of its names.", "/" + member.name);
    }
    if (auto read = field->read(member.value, member.name, into); !read) {
      return read;
    }
  }
  return {};
}

/// Over all that makes two submissions the same, each part with its length, so that no two ways to
/// put them together look alike.
domain::uuid body_hash(const domain::event& event, bool occurred_now) {
  auto sorted = event.labels;
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& left, const auto& right) { return left.name < right.name; });
  std::string shape = std::to_string(event.type.size()) + ' ' + event.type + ' ' +
                      std::to_string(static_cast<int>(event.priority)) + ' ';
  if (!occurred_now) {
    shape += std::to_string(event.occurred_at.time_since_epoch().count());
  }
  shape += ' ' + domain::to_json(sorted) + ' ';
  return half_of(sha256({shape, event.payload}));
}

result<decoded_event> decode_checked(std::string_view object,
                                     std::optional<std::string_view> idempotency_key) {
  if (!is_json_object(object)) {
    return fail(ec::wrong_type, "An event must be a JSON object.");
  }
  const auto members = members_of(object);
  if (!members) {
    return tl::unexpected(members.error());
  }
  event_in_progress reading;
  if (auto read = read_members(*members, reading); !read) {
    return tl::unexpected(read.error());
  }
  if (!reading.has_type) {
    return fail(ec::missing_field, "An event has an event_type.", "/event_type");
  }
  if (!reading.has_payload) {
    return fail(ec::missing_field, "An event has a payload.", "/payload");
  }
  if (idempotency_key) {
    if (reading.idempotency_key) {
      return fail(ec::invalid_value, "The idempotency key is given in the header and in the body.",
                  "/idempotency_key");
    }
    if (auto checked = check_idempotency_key(*idempotency_key, "idempotency_key"); !checked) {
      return tl::unexpected(checked.error());
    }
    reading.idempotency_key = *idempotency_key;
  }
  if (reading.idempotency_key) {
    auto& idempotent = reading.decoded.draft.idempotent.emplace();
    idempotent.key_hash = half_of(sha256({*reading.idempotency_key}));
    idempotent.body_hash = body_hash(reading.event(), reading.decoded.draft.occurred_now);
  }
  return std::move(reading.decoded);
}

}  // namespace

result<decoded_event> decode_event(std::string_view body,
                                   std::optional<std::string_view> idempotency_key) {
  body = trim_json(body);
  const std::size_t envelope = is_json_object(body) ? event_depth : 0;
  if (auto checked = check_json(body, limits::json_depth_max + envelope); !checked) {
    return tl::unexpected(checked.error());
  }
  return decode_checked(body, idempotency_key);
}

result<decoded_batch> decode_batch(std::string_view body) {
  body = trim_json(body);
  const std::size_t envelope = is_json_object(body) ? batch_depth : 0;
  if (auto checked = check_json(body, limits::json_depth_max + envelope); !checked) {
    return tl::unexpected(checked.error());
  }
  if (!is_json_object(body)) {
    return fail(ec::wrong_type, "A batch must be a JSON object.");
  }
  const auto members = members_of(body);
  if (!members) {
    return tl::unexpected(members.error());
  }
  for (const json_member& member : *members) {
    if (member.name != "events") {
      return fail(ec::unknown_field, "A batch has no field of this name.", "/" + member.name);
    }
  }
  if (members->empty()) {
    return fail(ec::missing_field, "A batch has events.", "/events");
  }
  if (!is_json_array(members->front().value)) {
    return fail(ec::wrong_type, "The field must be an array.", "/events");
  }
  const auto elements = elements_of(members->front().value);
  if (elements.empty() || elements.size() > limits::batch_events_max) {
    return fail(ec::invalid_value, "A batch has 1 to 1000 events.", "/events");
  }
  decoded_batch batch;
  for (std::size_t index = 0; index < elements.size(); ++index) {
    auto decoded = decode_checked(elements[index], std::nullopt);
    if (!decoded) {
      batch.faults.push_back({index, decoded.error()});
    } else if (batch.faults.empty()) {
      batch.events.push_back(std::move(*decoded));
    }
  }
  if (!batch.faults.empty()) {
    batch.events.clear();
  }
  return batch;
}

std::string to_json(const std::vector<batch_fault>& faults) {
  boost::json::array list;
  for (const batch_fault& fault : faults) {
    boost::json::object entry{{"index", fault.index},
                              {"code", to_string(fault.error.code)},
                              {"field", fault.error.field},
                              {"detail", fault.error.detail}};
    list.push_back(std::move(entry));
  }
  return boost::json::serialize(list);
}

}  // namespace talaria::http
