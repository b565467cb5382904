#include "cluster/link_frame.hpp"

#include "cluster/fields.hpp"
#include "cluster/limits.hpp"

namespace talaria::cluster {

namespace {

using decoded = tl::expected<link_frame, undecodable>;

/// Never reused: nodes of two versions talk to each other.
enum class kind : std::uint16_t {
  greeting = 1,
  greeting_answered = 2,
  greeting_proven = 3,
  greeting_refused = 4,
  carried = 5,
  acknowledged = 6,
  session_ended = 7,
};

field_writer begin(kind wanted) {
  field_writer fields;
  fields.put_u16(static_cast<std::uint16_t>(wanted));
  return fields;
}

void put_introduction(field_writer& fields, const introduction& shown) {
  fields.put_text(shown.incarnation);
  fields.put_text(shown.name);
  fields.put_u16(shown.protocols.min);
  fields.put_u16(shown.protocols.max);
}

struct encoder {
  std::string operator()(const greeting& frame) const {
    auto fields = begin(kind::greeting);
    fields.put_bytes(frame.challenge);
    put_introduction(fields, frame.from);
    fields.put_text(frame.to_incarnation);
    return std::move(fields).take();
  }

  std::string operator()(const greeting_answered& frame) const {
    auto fields = begin(kind::greeting_answered);
    fields.put_bytes(frame.greeted);
    fields.put_bytes(frame.challenge);
    put_introduction(fields, frame.from);
    fields.put_bytes(frame.proven);
    return std::move(fields).take();
  }

  std::string operator()(const greeting_proven& frame) const {
    auto fields = begin(kind::greeting_proven);
    fields.put_bytes(frame.greeted);
    fields.put_bytes(frame.proven);
    return std::move(fields).take();
  }

  std::string operator()(const greeting_refused& frame) const {
    auto fields = begin(kind::greeting_refused);
    fields.put_bytes(frame.greeted);
    fields.put_u16(static_cast<std::uint16_t>(frame.reason));
    return std::move(fields).take();
  }

  std::string operator()(const carried& frame) const {
    auto fields = begin(kind::carried);
    fields.put_u64(frame.session);
    fields.put_u64(frame.sequence);
    fields.put_text(frame.message);
    return std::move(fields).take();
  }

  std::string operator()(const acknowledged& frame) const {
    auto fields = begin(kind::acknowledged);
    fields.put_u64(frame.session);
    fields.put_u64(frame.sequence);
    return std::move(fields).take();
  }

  std::string operator()(const session_ended& frame) const {
    auto fields = begin(kind::session_ended);
    fields.put_u64(frame.session);
    return std::move(fields).take();
  }
};

/// Takes fields, and remembers whether a text was over its limit.
class frame_reader {
public:
  explicit frame_reader(std::string_view bytes) : fields(bytes) {}

  std::string take_text(std::size_t bytes_max) {
    const auto text = fields.take_text();
    if (text.size() > bytes_max) {
      too_large = true;
      return {};
    }
    return std::string{text};
  }

  introduction take_introduction() {
    introduction taken;
    taken.incarnation = take_text(limits::name_bytes_max);
    taken.name = take_text(limits::name_bytes_max);
    taken.protocols.min = fields.take_u16();
    taken.protocols.max = fields.take_u16();
    return taken;
  }

  link_frame take_greeting() {
    greeting frame;
    frame.challenge = fields.take_bytes<32>();
    frame.from = take_introduction();
    frame.to_incarnation = take_text(limits::name_bytes_max);
    return frame;
  }

  link_frame take_greeting_answered() {
    greeting_answered frame;
    frame.greeted = fields.take_bytes<32>();
    frame.challenge = fields.take_bytes<32>();
    frame.from = take_introduction();
    frame.proven = fields.take_bytes<32>();
    return frame;
  }

  link_frame take_greeting_proven() {
    greeting_proven frame;
    frame.greeted = fields.take_bytes<32>();
    frame.proven = fields.take_bytes<32>();
    return frame;
  }

  link_frame take_greeting_refused() {
    greeting_refused frame;
    frame.greeted = fields.take_bytes<32>();
    frame.reason = static_cast<refusal>(fields.take_u16());
    return frame;
  }

  link_frame take_carried() {
    carried frame;
    frame.session = fields.take_u64();
    frame.sequence = fields.take_u64();
    frame.message = take_text(limits::message_bytes_max);
    return frame;
  }

  link_frame take_acknowledged() {
    acknowledged frame;
    frame.session = fields.take_u64();
    frame.sequence = fields.take_u64();
    return frame;
  }

  field_reader fields;
  bool too_large = false;
};

decoded decode_fields(kind of, frame_reader& reader) {
  switch (of) {
    case kind::greeting:
      return reader.take_greeting();
    case kind::greeting_answered:
      return reader.take_greeting_answered();
    case kind::greeting_proven:
      return reader.take_greeting_proven();
    case kind::greeting_refused:
      return reader.take_greeting_refused();
    case kind::carried:
      return reader.take_carried();
    case kind::acknowledged:
      return reader.take_acknowledged();
    case kind::session_ended:
      return session_ended{.session = reader.fields.take_u64()};
  }
  return tl::unexpected(undecodable::unknown_kind);
}

}  // namespace

std::string_view to_string(refusal reason) {
  switch (reason) {
    case refusal::unknown_peer:
      return "not known as a node of the cluster";
    case refusal::wrong_incarnation:
      return "another process than the one that was expected";
    case refusal::no_common_protocol:
      return "no version of the protocol in common";
    case refusal::wrong_secret:
      return "another cluster.secret";
  }
  return "refused for a reason that this version does not know";
}

std::string encode_frame(const link_frame& frame) {
  return std::visit(encoder{}, frame);
}

decoded decode_frame(std::string_view bytes) {
  frame_reader reader{bytes};
  const auto of = static_cast<kind>(reader.fields.take_u16());
  if (!reader.fields.ok())
    return tl::unexpected(undecodable::truncated);
  auto frame = decode_fields(of, reader);
  if (frame && reader.too_large)
    return tl::unexpected(undecodable::too_large);
  if (frame && !reader.fields.ok())
    return tl::unexpected(undecodable::truncated);
  return frame;
}

}  // namespace talaria::cluster
