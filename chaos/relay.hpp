#pragma once

#include "delivery/file_descriptor.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <thread>

namespace talaria::chaos {

/// Stands between clients and a server on Unix sockets and passes on what each says, the server's
/// words later if told to. One thread; `delay` is thread-safe.
class relay {
public:
  /// @throws std::system_error if it cannot listen.
  relay(const std::filesystem::path& listens_at, std::filesystem::path server);
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;
  ~relay();

  /// Of what the server says from then on.
  void delay(std::chrono::milliseconds by);

private:
  using time = std::chrono::steady_clock::time_point;

  struct chunk {
    time due;
    std::string bytes;
  };
  /// One way of a connection.
  struct channel {
    std::deque<chunk> waiting;
    bool ended = false;
  };
  struct connection {
    delivery::file_descriptor client;
    delivery::file_descriptor server;
    channel to_server;
    channel to_client;
  };

  void run();
  void accept_one();
  bool serve(connection& pair, short client_events, short server_events);
  static bool read(int from, channel& into, time due);
  static bool write(int to, channel& from);
  int milliseconds_to_next() const;

  const std::filesystem::path listens_at_;
  const std::filesystem::path server_;
  delivery::file_descriptor listener_;
  std::list<connection> connections_;
  std::atomic<std::chrono::milliseconds::rep> delay_ms_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace talaria::chaos
