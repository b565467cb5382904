#pragma once

#include "delivery/address_guard.hpp"
#include "http/address_quota.hpp"
#include "http/byte_budget.hpp"
#include "http/byte_buffer.hpp"
#include "http/byte_stream.hpp"
#include "http/exchange.hpp"
#include "http/head_scanner.hpp"
#include "http/request_handler.hpp"
#include "http/request_parser.hpp"
#include "http/transport_limits.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace talaria::http {

/// Writes a response as HTTP.
using response_serializer =
    std::function<serialized_response(response answer, const exchange_ticket& ticket, bool close)>;

/// Who has connected.
struct accepted_client {
  std::unique_ptr<byte_stream> stream;
  delivery::ip_address address;
  address_quota::place place;
};

/// What the connections of one worker share.
struct connection_context {
  const transport_limits& limits;
  const std::vector<delivery::network>& trusted_proxies;
  request_handler& handler;
  const response_serializer& serialize;
  std::shared_ptr<byte_budget> body_bytes;
  std::shared_ptr<address_quota> body_shares;
  std::shared_ptr<answer_sink> sink;
  const std::atomic<bool>& draining;
};

/// One client's connection: bytes in, one request at a time to the handler, its answer out.
///
///     head ──► body ──► handling ──► writing ──► head      (or, when it is the last answer)
///                                       ├──────► lingering ──► closed
///                                       └──────► streaming ──► closed
///
/// While a request is handled nothing more is read: a client that pipelines without end fills its
/// own socket, not our memory. All calls come from the worker that owns the connection. The socket
/// is edge-triggered, so `readable_` remembers that there may be bytes until a read says otherwise.
class connection {
public:
  connection(accepted_client client, std::uint64_t id, connection_context& context,
             steady_time now);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  /// @param peer_ended The client will send nothing more, but may still read.
  void on_readable(bool peer_ended, steady_time now);
  void on_writable(steady_time now);
  /// The peer is gone in both directions.
  void on_hang_up() { stage_ = stage::closed; }
  void on_answer(const exchange_ticket& ticket, response answer, steady_time now);
  /// A streamed answer goes on, or is cut off.
  void on_more(steady_time now);

  /// Ends what took too long: unfinished requests with 408, all else silently.
  void enforce_deadlines(steady_time now);
  /// Closes the connection if no request is under way, or a streamed answer is; otherwise its next
  /// answer is the last.
  void close_if_idle(steady_time now);

  bool closed() const { return stage_ == stage::closed; }

private:
  enum class stage { head, body, handling, writing, streaming, lingering, closed };
  using received = byte_stream::outcome;

  void advance(steady_time now);
  /// @returns whether to go on with what was read.
  bool read_head(steady_time now);
  bool read_body(steady_time now);
  bool read_sized_body(steady_time now);
  bool read_chunked_body(steady_time now);
  void discard_input(steady_time now);
  received receive(byte_buffer& into, std::size_t bytes_max, steady_time now);

  void begin_request(steady_time now);
  void begin_exchange(steady_time now);
  void name_request(std::string id);
  void name_client();
  void begin_body(std::string_view begun, steady_time now);
  bool take_body_bytes(std::size_t bytes);
  void dispatch();
  void refuse(problem reason);
  void refuse_head(head_fault fault, steady_time now);
  void time_out(std::string detail, steady_time now);
  void send_continue();
  void flush(steady_time now);
  void stream_more(steady_time now);
  void finish_answer(steady_time now);
  bool body_too_slow(steady_time now) const;

  const accepted_client client_;
  const std::uint64_t id_;
  connection_context& context_;

  stage stage_ = stage::head;
  bool readable_ = false;
  bool peer_ended_ = false;
  bool close_after_answer_ = false;
  bool served_before_ = false;
  steady_time stage_began_at_;
  steady_time last_read_at_;

  /// What was read and belongs to no request yet.
  byte_buffer input_;
  head_scanner scanner_;

  /// The request whose body is being read.
  std::shared_ptr<exchange> incoming_;
  delivery::ip_address sender_;
  std::optional<request_parser> parser_;
  std::size_t body_bytes_max_ = 0;

  /// While streaming: where what comes next is.
  std::shared_ptr<body_stream> stream_;
  serialized_response output_;
  std::size_t output_sent_ = 0;
};

}  // namespace talaria::http
