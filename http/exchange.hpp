#pragma once

#include "http/address_quota.hpp"
#include "http/byte_budget.hpp"
#include "http/problem.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace talaria::http {

using steady_time = std::chrono::steady_clock::time_point;

/// What the connection must still know of a request when its answer comes.
struct exchange_ticket {
  std::uint64_t connection = 0;
  std::string request_id;
  const http::route* route = nullptr;
  steady_time began_at;
  bool head_only = false;
};

/// Where answers go: the worker that owns the connection.
class answer_sink {
public:
  virtual ~answer_sink() = default;
  /// Any thread; does not block.
  virtual void post(exchange_ticket ticket, response answer) = 0;
  /// More of a streamed answer waits, or there will be no more. As above.
  virtual void post_more(std::uint64_t connection) = 0;
};

/// A request on its way to an answer. Owned by the responders of it alone, so that the loss of the
/// last one is noticed: then the client is told 503 instead of waiting for ever.
class exchange {
public:
  explicit exchange(std::shared_ptr<answer_sink> sink) : sink_(std::move(sink)) {}
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
  ~exchange();

  /// Once; later answers are ignored.
  void answer(response answer);

  /// The client is gone before its request was complete: no answer is due.
  void abandon() { answered_.store(true); }

  http::request request;
  exchange_ticket ticket;
  /// Added to the answer, whatever it is.
  std::vector<std::pair<std::string, std::string>> answer_headers;
  /// Counts the body against `body_bytes_in_flight_max`.
  byte_reservation body_reservation;
  /// And against `body_bytes_per_address_max`.
  address_quota::place body_share;

private:
  std::shared_ptr<answer_sink> sink_;
  std::atomic<bool> answered_{false};
};

/// Answers one request, from any thread. Copies answer the same request; the first answer counts,
/// and if none comes before the last copy goes, the answer is 503.
class responder {
public:
  explicit responder(std::shared_ptr<http::exchange> exchange) : exchange_(std::move(exchange)) {}

  const http::request& request() const { return exchange_->request; }

  /// Good after `release_request` too.
  const std::string& request_id() const { return exchange_->request.id; }

  void send(response answer) const { exchange_->answer(std::move(answer)); }
  void send(const problem& problem) const { send(to_response(problem, request_id())); }
  void send(const domain::error& error) const { send(to_problem(error)); }

  /// To be called before the answer is sent, by one thread at a time.
  void add_header(std::string_view name, std::string_view value) const;

  /// Frees the request's bytes where the answer takes long and needs them no more. All views into
  /// the request end.
  void release_request() const;

private:
  std::shared_ptr<http::exchange> exchange_;
};

}  // namespace talaria::http
