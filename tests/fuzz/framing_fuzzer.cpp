// A connection must understand bytes alike however they are cut into reads.
//
// The input's first byte seeds the cuts, the rest is what a client sends. One connection gets it
// at once, one byte by byte, one in pieces; all must hand the same requests to their handlers and
// give the same answers.

#include "http/connection.hpp"
#include "http/router.hpp"
#include "tests/fuzz/require.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <string>
#include <utility>

namespace talaria::fuzz {
namespace {

using namespace talaria::http;

constexpr std::size_t body_bytes_max = 512;

/// Small, so that short inputs reach them.
transport_limits small_limits() {
  transport_limits limits;
  limits.request_line_bytes_max = 128;
  limits.header_bytes_max = 512;
  limits.headers_max = 8;
  limits.body_bytes_in_flight_max = body_bytes_max;
  return limits;
}

/// Answers come when the reader asks for them, not from within `handle`.
class mailbox final : public answer_sink {
public:
  void post(exchange_ticket ticket, response answer) override {
    answers.emplace_back(std::move(ticket), std::move(answer));
  }
  void post_more(std::uint64_t) override {}

  std::deque<std::pair<exchange_ticket, response>> answers;
};

/// Writes down what it is given.
class recorder final : public request_handler {
public:
  recorder() {
    router_.add("POST", "/{name...}", body_bytes_max);
    router_.add("GET", "/{name...}", body_bytes_max);
  }

  tl::expected<std::size_t, problem> admit(request& request) override {
    return router_.find(request).map([](const route* found) { return found->body_bytes_max; });
  }

  void handle(responder responder) override {
    const request& request = responder.request();
    require(request.body.size() <= body_bytes_max, "a body keeps to its bound");
    log.append(request.method).append(" ").append(request.target).append("\n");
    for (const header_field& field : request.headers) {
      require(field.value.find_first_of("\r\n") == std::string_view::npos, "a header is one line");
      log.append(field.name).append("=").append(field.value).append("\n");
    }
    log.append(request.body).append("\n");
    responder.send(json_response(200, ""));
  }

  void answered(const exchange_ticket&, unsigned status, std::chrono::nanoseconds) override {
    log.append("answered ").append(std::to_string(status)).append("\n");
  }

  std::string log;

private:
  router router_;
};

/// One client's connection, served in this thread.
class served_connection {
public:
  served_connection() {
    std::array<int, 2> ends{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0, "sockets");
    client_ = ends[0];
    connection_.emplace(
        accepted_client{std::make_unique<plain_stream>(delivery::file_descriptor(ends[1])), {}, {}},
        1, context_, steady_time{});
  }
  served_connection(const served_connection&) = delete;
  served_connection& operator=(const served_connection&) = delete;
  ~served_connection() { ::close(client_); }

  void send(std::string_view bytes) {
    if (connection_->closed()) {
      return;
    }
    const ssize_t sent = ::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    require(sent == static_cast<ssize_t>(bytes.size()), "the socket takes it all");
    connection_->on_readable(false, steady_time{});
    while (!mailbox_->answers.empty()) {
      auto [ticket, answer] = std::move(mailbox_->answers.front());
      mailbox_->answers.pop_front();
      connection_->on_answer(ticket, std::move(answer), steady_time{});
    }
  }

  const std::string& log() const { return handler_.log; }

private:
  const transport_limits limits_ = small_limits();
  recorder handler_;
  const response_serializer serialize_ = [this](response answer, const exchange_ticket&,
                                                bool close) {
    handler_.log.append(std::to_string(answer.status)).append(close ? " closes\n" : "\n");
    return serialized_response{"x", {}};
  };
  const std::atomic<bool> draining_{false};
  std::shared_ptr<mailbox> mailbox_ = std::make_shared<mailbox>();
  const std::vector<delivery::network> proxies_;
  connection_context context_{limits_,
                              proxies_,
                              handler_,
                              serialize_,
                              std::make_shared<byte_budget>(limits_.body_bytes_in_flight_max),
                              std::make_shared<address_quota>(0),
                              mailbox_,
                              draining_};
  std::optional<connection> connection_;
  int client_ = -1;
};

std::string serve_at_once(std::string_view bytes) {
  served_connection served;
  served.send(bytes);
  return served.log();
}

/// @param piece_bytes_max 1 for byte by byte.
std::string serve_in_pieces(std::string_view bytes, std::size_t piece_bytes_max, unsigned seed) {
  served_connection served;
  std::minstd_rand random(seed);
  while (!bytes.empty()) {
    const std::size_t piece = std::min(1 + random() % piece_bytes_max, bytes.size());
    served.send(bytes.substr(0, piece));
    bytes.remove_prefix(piece);
  }
  return served.log();
}

}  // namespace
}  // namespace talaria::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace talaria::fuzz;
  if (size < 2) {
    return 0;
  }
  const std::string_view bytes = as_text(data + 1, size - 1);
  const std::string expected = serve_at_once(bytes);
  require(serve_in_pieces(bytes, 1, 1) == expected, "the same byte by byte");
  require(serve_in_pieces(bytes, 64, 1U + data[0]) == expected, "the same in pieces");
  return 0;
}
