#include "cluster/peer_message_codec.hpp"

#include "cluster/fields.hpp"
#include "cluster/limits.hpp"

namespace talaria::cluster {

namespace {

using domain::ec;
using domain::fail;
using domain::result;

using decoded = tl::expected<peer_message, undecodable>;

/// Never reused: nodes of two versions talk to each other.
enum class kind : std::uint16_t {
  deliveries_due = 1,
  delivery_cancelled = 2,
  catalog_changed = 3,
  shards_moved = 4,
  usage = 5,
  question = 6,
  answer = 7,
};

constexpr std::size_t number_bytes = 8;
constexpr std::size_t usage_row_bytes = 16 + 8 + 8;

field_writer begin(kind wanted) {
  field_writer fields;
  fields.put_u16(static_cast<std::uint16_t>(wanted));
  return fields;
}

result<void> keep_to(std::size_t size, std::size_t max) {
  if (size > max)
    return fail(ec::too_large, "a message to another node is too large");
  return {};
}

struct encoder {
  result<std::string> operator()(const deliveries_due& message) const {
    if (auto kept = keep_to(message.subscriptions.size(), limits::due_subscriptions_max); !kept)
      return tl::unexpected(kept.error());
    auto fields = begin(kind::deliveries_due);
    fields.put_u32(static_cast<std::uint32_t>(message.subscriptions.size()));
    for (const auto number : message.subscriptions)
      fields.put_i64(number);
    return std::move(fields).take();
  }

  result<std::string> operator()(const delivery_cancelled& message) const {
    auto fields = begin(kind::delivery_cancelled);
    fields.put_i64(message.subscription);
    fields.put_bytes(message.event.value.bytes);
    return std::move(fields).take();
  }

  result<std::string> operator()(const catalog_changed& message) const {
    auto fields = begin(kind::catalog_changed);
    fields.put_i64(message.revision);
    return std::move(fields).take();
  }

  result<std::string> operator()(const shards_moved&) const {
    return begin(kind::shards_moved).take();
  }

  result<std::string> operator()(const usage& message) const {
    if (auto kept = keep_to(message.rows.size(), limits::usage_rows_max); !kept)
      return tl::unexpected(kept.error());
    auto fields = begin(kind::usage);
    fields.put_u32(static_cast<std::uint32_t>(message.rows.size()));
    // Rows of a later version may be longer.
    fields.put_u16(usage_row_bytes);
    for (const auto& row : message.rows) {
      fields.put_bytes(row.organization.value.bytes);
      fields.put_u64(row.requests);
      fields.put_u64(row.events);
    }
    return std::move(fields).take();
  }

  result<std::string> operator()(const question& message) const {
    if (auto kept = keep_to(message.text.size(), limits::question_bytes_max); !kept)
      return tl::unexpected(kept.error());
    auto fields = begin(kind::question);
    fields.put_u64(message.id);
    fields.put_text(message.text);
    return std::move(fields).take();
  }

  result<std::string> operator()(const answer& message) const {
    if (auto kept = keep_to(message.body.size(), limits::answer_bytes_max); !kept)
      return tl::unexpected(kept.error());
    auto fields = begin(kind::answer);
    fields.put_u64(message.id);
    fields.put_u16(message.status);
    fields.put_text(message.body);
    return std::move(fields).take();
  }
};

decoded refuse(undecodable reason) {
  return tl::unexpected(reason);
}

decoded decode_deliveries_due(field_reader& fields) {
  const std::size_t count = fields.take_u32();
  if (count > limits::due_subscriptions_max)
    return refuse(undecodable::too_large);
  if (fields.bytes_left() < count * number_bytes)
    return refuse(undecodable::truncated);
  deliveries_due message;
  message.subscriptions.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    message.subscriptions.push_back(fields.take_i64());
  return message;
}

decoded decode_delivery_cancelled(field_reader& fields) {
  delivery_cancelled message;
  message.subscription = fields.take_i64();
  message.event.value.bytes = fields.take_bytes<16>();
  return message;
}

decoded decode_usage(field_reader& fields) {
  const std::size_t count = fields.take_u32();
  const std::size_t row_bytes = fields.take_u16();
  if (count > limits::usage_rows_max)
    return refuse(undecodable::too_large);
  if (row_bytes < usage_row_bytes || fields.bytes_left() < count * row_bytes)
    return refuse(undecodable::truncated);
  usage message;
  message.rows.resize(count);
  for (auto& row : message.rows) {
    field_reader cells{fields.take(row_bytes)};
    row.organization.value.bytes = cells.take_bytes<16>();
    row.requests = cells.take_u64();
    row.events = cells.take_u64();
  }
  return message;
}

decoded decode_question(field_reader& fields) {
  const auto id = fields.take_u64();
  const auto text = fields.take_text();
  if (text.size() > limits::question_bytes_max)
    return refuse(undecodable::too_large);
  return question{.id = id, .text = std::string{text}};
}

decoded decode_answer(field_reader& fields) {
  const auto id = fields.take_u64();
  const auto status = fields.take_u16();
  const auto body = fields.take_text();
  if (body.size() > limits::answer_bytes_max)
    return refuse(undecodable::too_large);
  return answer{.id = id, .status = status, .body = std::string{body}};
}

decoded decode_fields(kind of, field_reader& fields) {
  switch (of) {
    case kind::deliveries_due:
      return decode_deliveries_due(fields);
    case kind::delivery_cancelled:
      return decode_delivery_cancelled(fields);
    case kind::catalog_changed:
      return catalog_changed{.revision = fields.take_i64()};
    case kind::shards_moved:
      return shards_moved{};
    case kind::usage:
      return decode_usage(fields);
    case kind::question:
      return decode_question(fields);
    case kind::answer:
      return decode_answer(fields);
  }
  return refuse(undecodable::unknown_kind);
}

}  // namespace

std::string_view to_string(undecodable reason) {
  switch (reason) {
    case undecodable::unknown_kind:
      return "unknown kind";
    case undecodable::truncated:
      return "truncated";
    case undecodable::too_large:
      return "too large";
  }
  return "unknown";
}

result<std::string> encode(const peer_message& message) {
  return std::visit(encoder{}, message);
}

decoded decode_peer_message(std::string_view bytes) {
  field_reader fields{bytes};
  const auto of = static_cast<kind>(fields.take_u16());
  if (!fields.ok())
    return refuse(undecodable::truncated);
  auto message = decode_fields(of, fields);
  if (message && !fields.ok())
    return refuse(undecodable::truncated);
  return message;
}

}  // namespace talaria::cluster
