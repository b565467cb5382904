#include "http/connection.hpp"

#include "http/client_address.hpp"
#include "http/fresh_id.hpp"

#include <algorithm>
#include <chrono>

namespace talaria::http {
namespace {

/// Holds most requests whole; larger bodies get a buffer of their own.
constexpr std::size_t input_bytes_initial = 4 * 1024;
constexpr std::size_t chunked_input_bytes = 16 * 1024;
constexpr std::size_t request_id_bytes_max = 128;
/// The first byte of a TLS handshake.
constexpr char tls_handshake = 0x16;

bool is_sane_request_id(std::string_view text) {
  return !text.empty() && text.size() <= request_id_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char letter) {
           return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                  (letter >= 'A' && letter <= 'Z') || letter == '-' || letter == '_' ||
                  letter == '.' || letter == ':';
         });
}

}  // namespace

connection::connection(accepted_client client, std::uint64_t id, connection_context& context,
                       steady_time now)
    : client_(std::move(client)),
      id_(id),
      context_(context),
      stage_began_at_(now),
      last_read_at_(now) {
}

connection::~connection() {
  if (incoming_) {
    incoming_->abandon();
  }
  if (stream_) {
    stream_->close();
  }
}

void connection::on_readable(bool peer_ended, steady_time now) {
  readable_ = true;
  peer_ended_ = peer_ended_ || peer_ended;
  advance(now);
}

void connection::on_writable(steady_time now) {
  if (stage_ == stage::writing || stage_ == stage::streaming) {
    flush(now);
  } else if (client_.stream->receives_when_writable()) {
    readable_ = true;
    advance(now);
  }
}

void connection::advance(steady_time now) {
  bool more = true;
  while (more) {
    switch (stage_) {
      case stage::head:
        more = read_head(now);
        break;
      case stage::body:
        more = read_body(now);
        break;
      case stage::lingering:
      case stage::streaming:
        discard_input(now);
        return;
      case stage::handling:
      case stage::writing:
      case stage::closed:
        return;
    }
  }
}

connection::received connection::receive(byte_buffer& into, std::size_t bytes_max,
                                         steady_time now) {
  if (!readable_) {
    return received::nothing_yet;
  }
  const byte_stream::moved got = client_.stream->receive(into.free_begin(), bytes_max);
  if (got.bytes > 0) {
    into.commit(got.bytes);
    last_read_at_ = now;
  }
  // The client's end of sending raises no further edge: it is read at once, or never.
  readable_ = !got.exhausted || (got.result == received::some && peer_ended_);
  return got.result;
}

// ---------------------------------------------------------------------------- the request's head

bool connection::read_head(steady_time now) {
  if (scanner_.scan(input_.view(), context_.limits)) {
    begin_request(now);
    return true;
  }
  if (scanner_.fault() != head_fault::none) {
    refuse_head(scanner_.fault(), now);
    return true;
  }
  if (!readable_) {
    if (input_.empty()) {
      // Idle connections may be many: they keep no buffer.
      input_.release();
    }
    return false;
  }
  if (input_.free_bytes() == 0) {
    input_.reserve(std::max(input_bytes_initial, input_.size() * 2));
  }
  const bool was_empty = input_.empty();
  const received outcome = receive(input_, input_.free_bytes(), now);
  if (outcome == received::some) {
    if (was_empty) {
      stage_began_at_ = now;
    }
    return true;
  }
  if (outcome == received::ended) {
    stage_ = stage::closed;
  }
  return stage_ == stage::head;
}

void connection::refuse_head(head_fault fault, steady_time now) {
  if (input_.view().front() == tls_handshake) {
    stage_ = stage::closed;
    return;
  }
  begin_exchange(now);
  name_request(to_string(fresh_id(system_time())));
  switch (fault) {
    case head_fault::request_line_too_long:
      return refuse(protocol_problem(414, "uri_too_long", "The request line is too long."));
    case head_fault::headers_too_large:
      return refuse(
          protocol_problem(431, "headers_too_large", "The headers are too many or too large."));
    case head_fault::bare_line_feed:
      return refuse(protocol_problem(400, "malformed_request", "A line does not end in CR LF."));
    case head_fault::folded_header:
      return refuse(protocol_problem(400, "malformed_request", "A header is folded."));
    case head_fault::control_character:
    case head_fault::none:
      return refuse(
          protocol_problem(400, "malformed_request", "The head holds a control character."));
  }
}

void connection::begin_exchange(steady_time now) {
  incoming_ = std::make_shared<exchange>(context_.sink);
  parser_.reset();
  exchange_ticket& ticket = incoming_->ticket;
  ticket.connection = id_;
  ticket.began_at = now;
  close_after_answer_ = true;
}

void connection::name_request(std::string id) {
  incoming_->request.id = id;
  incoming_->ticket.request_id = std::move(id);
}

void connection::name_client() {
  request& request = incoming_->request;
  sender_ = client_address(request, client_.address, context_.trusted_proxies);
  request.client_address = to_string(sender_);
}

void connection::begin_request(steady_time now) {
  begin_exchange(now);
  request& request = incoming_->request;
  const std::size_t head_bytes = scanner_.head_bytes();
  scanner_.reset();
  request.head_bytes = std::move(input_);
  parser_.emplace(request, head_bytes);

  incoming_->ticket.head_only = request.method == "HEAD";
  if (const auto id = request.header("X-Request-Id"); id && is_sane_request_id(*id)) {
    name_request(std::string(*id));
  } else {
    name_request(to_string(fresh_id(system_time())));
  }
  name_client();
  if (parser_->fault()) {
    return refuse(*parser_->fault());
  }
  close_after_answer_ = !parser_->persistent();
  const std::string_view begun = request.head_bytes.view().substr(head_bytes);
  auto body_bytes_max = context_.handler.admit(request);
  incoming_->ticket.route = request.route;
  if (!body_bytes_max) {
    input_.append(begun);
    return refuse(std::move(body_bytes_max.error()));
  }
  body_bytes_max_ = *body_bytes_max;
  begin_body(begun, now);
}

// ---------------------------------------------------------------------------- the request's body

void connection::begin_body(std::string_view begun, steady_time now) {
  request& request = incoming_->request;
  const bool chunked = parser_->has_chunked_body();
  const std::uint64_t bytes = chunked ? body_bytes_max_ : parser_->content_bytes();
  if (bytes > body_bytes_max_) {
    return refuse(
        to_problem({domain::ec::too_large,
                    "The body may have " + std::to_string(body_bytes_max_) + " bytes.", ""}));
  }
  if (!chunked && begun.size() >= bytes) {
    request.body = begun.substr(0, bytes);
    input_.append(begun.substr(bytes));
    return dispatch();
  }
  if (!take_body_bytes(bytes)) {
    return;
  }
  if (chunked) {
    input_.append(begun);
  } else {
    request.body_bytes.reserve(bytes);
    request.body_bytes.append(begun);
  }
  if (parser_->expects_continue() && begun.empty()) {
    send_continue();
  }
  stage_ = stage::body;
  stage_began_at_ = now;
  last_read_at_ = now;
}

/// @returns false, having refused the request, if there is no room.
bool connection::take_body_bytes(std::size_t bytes) {
  auto share = context_.body_shares->take(sender_, bytes);
  if (!share) {
    refuse(to_problem(
        {domain::ec::overloaded, "Too many bodies are being received from this address.", ""}));
    return false;
  }
  if (!incoming_->body_reservation.take(context_.body_bytes, bytes)) {
    refuse(to_problem(
        {domain::ec::overloaded, "Too many bodies are being received at this moment.", ""}));
    return false;
  }
  incoming_->body_share = *std::move(share);
  return true;
}

void connection::send_continue() {
  // Nothing else is waiting to be sent, so these few bytes fit; a socket that is broken shows it at
  // the next read.
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  client_.stream->send(go_on.data(), go_on.size());
}

bool connection::read_body(steady_time now) {
  return parser_->has_chunked_body() ? read_chunked_body(now) : read_sized_body(now);
}

bool connection::read_sized_body(steady_time now) {
  request& request = incoming_->request;
  byte_buffer& body = request.body_bytes;
  const std::size_t missing = parser_->content_bytes() - body.size();
  if (missing == 0) {
    request.body = body.view();
    dispatch();
    return true;
  }
  const received outcome = receive(body, missing, now);
  if (outcome == received::ended) {
    stage_ = stage::closed;
  }
  return outcome == received::some;
}

bool connection::read_chunked_body(steady_time now) {
  request& request = incoming_->request;
  switch (parser_->decode_chunks(input_, body_bytes_max_)) {
    case request_parser::chunk_state::complete:
      request.body = request.body_bytes.view();
      dispatch();
      return true;
    case request_parser::chunk_state::malformed:
      refuse(protocol_problem(400, "malformed_request", "The chunked body is malformed."));
      return true;
    case request_parser::chunk_state::too_large:
      refuse(to_problem({domain::ec::too_large,
                         "The body may have " + std::to_string(body_bytes_max_) + " bytes.", ""}));
      return true;
    case request_parser::chunk_state::more:
      break;
  }
  input_.reserve(chunked_input_bytes);
  const received outcome = receive(input_, input_.free_bytes(), now);
  if (outcome == received::ended) {
    stage_ = stage::closed;
  }
  return outcome == received::some;
}

void connection::dispatch() {
  stage_ = stage::handling;
  context_.handler.handle(responder(std::move(incoming_)));
}

void connection::refuse(problem reason) {
  // A body that nobody reads would be taken for the next request.
  const bool body_follows =
      !parser_ || parser_->fault() || parser_->has_chunked_body() || parser_->content_bytes() > 0;
  reason.close = reason.close || body_follows;
  stage_ = stage::handling;
  responder(std::move(incoming_)).send(reason);
}

// ------------------------------------------------------------------------------------ the answer

void connection::on_answer(const exchange_ticket& ticket, response answer, steady_time now) {
  if (stage_ != stage::handling) {
    return;
  }
  close_after_answer_ =
      close_after_answer_ || answer.close || context_.draining.load(std::memory_order_relaxed);
  const unsigned status = answer.status;
  stream_ = ticket.head_only ? nullptr : answer.stream;
  close_after_answer_ = close_after_answer_ || stream_ != nullptr;
  output_ = context_.serialize(std::move(answer), ticket, close_after_answer_);
  output_sent_ = 0;
  stage_ = stage::writing;
  stage_began_at_ = now;
  context_.handler.answered(ticket, status, std::chrono::steady_clock::now() - ticket.began_at);
  flush(now);
}

void connection::flush(steady_time now) {
  auto left = output_.after(output_sent_);
  while (!left.empty()) {
    const byte_stream::moved sent = client_.stream->send(left.data(), left.size());
    output_sent_ += sent.bytes;
    if (sent.result == byte_stream::outcome::ended) {
      stage_ = stage::closed;
    }
    if (sent.result != byte_stream::outcome::some) {
      return;
    }
    left = output_.after(output_sent_);
  }
  finish_answer(now);
}

void connection::finish_answer(steady_time now) {
  output_ = {};
  output_sent_ = 0;
  served_before_ = true;
  stage_began_at_ = now;
  if (stream_) {
    stream_more(now);
    return;
  }
  if (close_after_answer_) {
    client_.stream->end_sending();
    stage_ = stage::lingering;
  } else {
    stage_ = stage::head;
  }
  advance(now);
}

/// Before the first time its head was sent; later, all that had been written so far.
void connection::stream_more(steady_time now) {
  if (stage_ == stage::writing) {
    stage_ = stage::streaming;
    stream_->attach([sink = context_.sink, id = id_] { sink->post_more(id); });
    readable_ = true;
  }
  output_.text = stream_->take();
  if (!output_.text.empty()) {
    flush(now);
  } else {
    advance(now);
  }
}

void connection::on_more(steady_time now) {
  if (stage_ != stage::streaming) {
    return;
  }
  if (stream_->closed()) {
    stage_ = stage::closed;
  } else if (output_.text.empty()) {
    stage_began_at_ = now;
    stream_more(now);
  }
}

void connection::discard_input(steady_time now) {
  input_.release();
  input_.reserve(chunked_input_bytes);
  received outcome = received::some;
  while (outcome == received::some) {
    outcome = receive(input_, input_.free_bytes(), now);
    input_.erase_front(input_.size());
  }
  if (outcome == received::ended) {
    stage_ = stage::closed;
  }
}

// ------------------------------------------------------------------------------------- deadlines

void connection::enforce_deadlines(steady_time now) {
  const transport_limits& limits = context_.limits;
  const auto in_stage = now - stage_began_at_;
  switch (stage_) {
    case stage::head:
      if (!input_.empty()) {
        if (in_stage > limits.head_deadline) {
          begin_exchange(now);
          name_request(to_string(fresh_id(system_time())));
          time_out("The request's head took too long.", now);
        }
      } else if (in_stage > (served_before_ ? limits.idle_deadline : limits.head_deadline)) {
        stage_ = stage::closed;
      }
      break;
    case stage::body:
      if (body_too_slow(now)) {
        time_out("The request's body came too slowly.", now);
      }
      break;
    case stage::writing:
      if (in_stage > limits.write_deadline) {
        stage_ = stage::closed;
      }
      break;
    case stage::streaming:
      if (!output_.text.empty() && in_stage > limits.write_deadline) {
        stage_ = stage::closed;
      }
      break;
    case stage::lingering:
      if (in_stage > limits.linger_deadline) {
        stage_ = stage::closed;
      }
      break;
    case stage::handling:
    case stage::closed:
      break;
  }
}

bool connection::body_too_slow(steady_time now) const {
  const transport_limits& limits = context_.limits;
  const std::size_t received = incoming_->request.body_bytes.size();
  const auto allowed =
      limits.body_pause_max +
      std::chrono::milliseconds(received * 1000 / limits.body_bytes_per_second_min);
  return now - last_read_at_ > limits.body_pause_max || now - stage_began_at_ > allowed;
}

void connection::time_out(std::string detail, steady_time now) {
  stage_began_at_ = now;
  problem late = protocol_problem(408, "request_timeout", std::move(detail));
  late.close = true;
  refuse(std::move(late));
}

void connection::close_if_idle(steady_time now) {
  if (stage_ == stage::head) {
    // A request may have come that nobody has looked at yet.
    readable_ = true;
    advance(now);
  }
  if ((stage_ == stage::head && input_.empty()) || stage_ == stage::streaming) {
    stage_ = stage::closed;
  }
}

}  // namespace talaria::http
