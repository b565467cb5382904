#pragma once

#include "bench/receiver/request_reader.hpp"
#include "delivery/file_descriptor.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

namespace talaria::bench {

/// An HTTP server that gives every request the same answer: the least that a server can do.
///
/// One thread, epoll, keep-alive, on a free port of 127.0.0.1. Trusts its clients: a request that
/// is not understood closes its connection.
class sink {
public:
  /// Called on the sink's thread for each request, before its answer.
  using observer = std::function<void(const received_request&)>;

  /// @param answer The bytes of a whole response.
  /// @throws std::system_error if the system refuses what is needed.
  explicit sink(std::string answer, observer observe = {});
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;
  ~sink();

  std::string url() const;
  std::uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }
  /// Spent by its thread so far.
  std::chrono::nanoseconds cpu_time() const;

private:
  struct connection {
    delivery::file_descriptor socket;
    request_reader requests;
    std::string unsent;
  };

  void run();
  void accept_all();
  void serve(connection& client, std::uint32_t epoll_events);
  bool read(connection& client);
  bool write(connection& client);

  const std::string answer_;
  const observer observe_;
  std::uint16_t port_ = 0;
  /// Sets the port.
  delivery::file_descriptor listener_;
  delivery::file_descriptor epoll_;
  delivery::file_descriptor stop_;
  std::atomic<std::uint64_t> answered_{0};
  std::unordered_map<int, std::unique_ptr<connection>> connections_;
  std::thread thread_;
};

/// A whole response.
std::string make_answer(unsigned status, const std::string& body);

}  // namespace talaria::bench
