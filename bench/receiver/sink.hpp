#pragma once

#include "bench/receiver/request_reader.hpp"
#include "delivery/system_calls.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace talaria::bench {

/// An HTTP server that gives every request the same answer: the least that a server can do.
///
/// One thread, epoll, keep-alive, on free ports of 127.0.0.1 and the addresses after it. Trusts its
/// clients: a request that is not understood closes its connection.
class sink {
public:
  /// Called on the sink's thread for each request, before its answer.
  using observer = std::function<void(const received_request&)>;

  /// @param answer The bytes of a whole response.
  /// @param hosts From 1 to 254: with an address each, they are as many servers to a client.
  /// @param answers_after How long it takes for each request.
  /// @throws std::system_error if the system refuses what is needed.
  explicit sink(std::string answer, observer observe = {}, std::size_t hosts = 1,
                std::chrono::milliseconds answers_after = std::chrono::milliseconds{0});
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;
  ~sink();

  /// @param host From 0.
  std::string url(std::size_t host = 0) const;
  std::uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }
  /// Spent by its thread so far.
  std::chrono::nanoseconds cpu_time() const;

private:
  using listener = delivery::loopback_listener;
  struct connection {
    delivery::file_descriptor socket;
    /// Tells it from a later one with the same descriptor.
    std::uint64_t number = 0;
    request_reader requests;
    std::string unsent;
  };
  struct late_answer {
    std::chrono::steady_clock::time_point due;
    int descriptor = -1;
    std::uint64_t connection = 0;
  };

  void run();
  const listener* find_listener(int descriptor) const;
  void accept_all(const listener& from);
  void serve(connection& client, std::uint32_t epoll_events);
  bool read(connection& client);
  bool write(connection& client);
  void answer(connection& client);
  void send_due_answers();
  /// For epoll: -1 without an end.
  int milliseconds_to_next_answer() const;

  const std::string answer_;
  const observer observe_;
  const std::chrono::milliseconds answers_after_;
  std::vector<listener> listeners_;
  delivery::file_descriptor epoll_;
  delivery::file_descriptor stop_;
  std::atomic<std::uint64_t> answered_{0};
  std::unordered_map<int, std::unique_ptr<connection>> connections_;
  std::uint64_t connections_made_ = 0;
  /// In the order in which they are due.
  std::deque<late_answer> late_answers_;
  std::thread thread_;
};

/// A whole response.
std::string make_answer(unsigned status, const std::string& body);

}  // namespace talaria::bench
