#pragma once

#include "delivery/file_descriptor.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace talaria::chaos {

/// Where somebody listens: a Unix socket, or else a port of 127.0.0.1.
struct relay_end {
  std::filesystem::path path{};
  std::uint16_t port = 0;
};

/// What a relay does to what it should pass on.
enum class impairment : std::uint8_t {
  none,
  cut,             ///< connections are ended, and new ones at once
  hold_to_server,  ///< what clients say waits
  hold_to_client,  ///< what the server says waits
  hold_both,       ///< nobody hears anything, and nobody is told
};

/// The same, seen from the other end.
impairment mirrored(impairment how);

/// Stands between clients and a server and passes on what each says: the server's words later if
/// told to, and nothing of what it is told to hold until it is told otherwise. What was said before
/// an end is passed on before the end is, also if it was held: a statement may be carried out long
/// after whoever sent it has given it up.
///
/// While the server is not there it does not listen either: whoever dials is refused, as by the
/// server itself, and may try another one. Who finds it out is accepted, and ended.
///
/// One thread; `delay`, `impair` and `redirect` are thread-safe.
class relay {
public:
  /// Who has a connection from this port of 127.0.0.1, by a number of the caller's; nothing if it
  /// cannot be told. Called on the relay's thread, and only while one client is impaired.
  using identify_client = std::function<std::optional<std::size_t>(std::uint16_t port)>;

  /// @param listens_at Port 0 without a path: a free one, which others may be given while it does
  /// not listen.
  /// @param identify To tell clients apart; empty if nobody asks.
  /// @throws std::system_error if it cannot listen.
  relay(relay_end listens_at, relay_end server, identify_client identify = {});
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;
  ~relay();

  /// Where it listens, unless that is a Unix socket.
  std::uint16_t port() const { return listens_at_.port; }

  /// Of what the server says from then on.
  void delay(std::chrono::milliseconds by);
  /// Whoever the client is, instead of what it did before.
  void impair(impairment how);
  /// Of one client alone. `impair` of all goes before it.
  void impair(impairment how, std::size_t client);
  /// New connections go there; those that there are stay.
  void redirect(relay_end server);

private:
  using time = std::chrono::steady_clock::time_point;

  struct chunk {
    time due;
    std::string bytes;
  };
  /// One way of a connection.
  struct channel {
    std::deque<chunk> waiting;
    /// Whoever speaks here has said all.
    bool ended = false;

    bool is_over() const { return ended && waiting.empty(); }
  };
  struct connection {
    delivery::file_descriptor client;
    delivery::file_descriptor server;
    /// Once somebody asked; without a number if it could not be told.
    bool is_identified = false;
    std::optional<std::size_t> client_number{};
    channel to_server;
    channel to_client;
  };

  void run();
  void listen();
  void close_listener();
  void look_for_server();
  void accept_one();
  delivery::file_descriptor connect();
  impairment impairment_of(connection& pair);
  void identify(connection& pair) const;
  bool serve(connection& pair, short client_events, short server_events);
  static bool read(int from, channel& into, time due);
  static bool write(int to, channel& from);
  int milliseconds_to_next() const;

  relay_end listens_at_;
  const identify_client identify_;
  std::mutex mutex_;
  relay_end server_;
  /// None of them by `none`.
  std::map<std::size_t, impairment> impaired_clients_;
  delivery::file_descriptor listener_;
  std::list<connection> connections_;
  std::atomic<std::chrono::milliseconds::rep> delay_ms_{0};
  std::atomic<impairment> impairment_{impairment::none};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace talaria::chaos
