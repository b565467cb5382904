#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace talaria::test_support {

/// What a scripted receiver got, as far as it had read when its script began.
struct received_request {
  std::string method;
  std::string target;
  /// `name: value`, in the order received.
  std::vector<std::string> headers;
  std::string body;
  /// Connections are numbered from 0, in the order they were accepted.
  std::size_t connection = 0;
  /// The number of the request on its connection, from 0.
  std::size_t on_connection = 0;

  /// The value of the first header of the name, in any case of its letters.
  std::optional<std::string> header(std::string_view name) const;
};

/// What a scripted receiver does with one request.
struct script {
  enum class moment {
    headers_read,  ///< before the body is read
    request_read
  };
  enum class ending {
    keep_alive,  ///< waits for the next request
    close,
    reset,   ///< closes with RST
    hang,    ///< does nothing more until the peer closes, but read
    stall,   ///< does nothing more until the peer closes, and reads nothing
    repeat,  ///< sends `more` again and again, as fast as it is taken
    drip     ///< sends the bytes of `more` one by one, again and again, some milliseconds apart
  };

  std::string bytes;
  ending end = ending::keep_alive;
  std::string more;
  moment begin = moment::request_read;
};

/// A whole answer with its Content-Length. `headers` are lines without their ends.
script answer(int status, std::string_view body = {}, const std::vector<std::string>& headers = {});

/// The bytes, then the ending.
script send(std::string bytes, script::ending end, std::string more = {});

/// A receiver on 127.0.0.1 that may be slow, reset, redirect, flood or lie.
///
/// One thread serves all connections, also thousands. Records what it received. The start of a TLS
/// handshake is a request, too, of the method `TLS`.
class scripted_receiver {
public:
  /// Called on the receiver's thread, once the headers of a request are read; its body is empty
  /// then.
  using chooser = std::function<script(const received_request&)>;

  /// Follows the same script for every request.
  explicit scripted_receiver(script always = answer(200));
  /// @param host An address of this machine; IPv6 without brackets.
  explicit scripted_receiver(chooser choose, const std::string& host = "127.0.0.1");
  scripted_receiver(const scripted_receiver&) = delete;
  scripted_receiver& operator=(const scripted_receiver&) = delete;
  /// Closes every connection.
  ~scripted_receiver();

  std::uint16_t port() const { return port_; }
  /// `http://<host>:<port><path>`
  std::string url(std::string_view path = "/", std::string_view host = "127.0.0.1") const;

  /// Waits until so many requests have come in, over all.
  /// @returns false if that takes longer than any test should
  bool wait_for_requests(std::size_t count);
  bool wait_for_closed_connections(std::size_t count);

  /// The first ones, `requests_kept_max` at most.
  std::vector<received_request> requests() const;
  std::size_t request_count() const;
  std::size_t connection_count() const;
  std::uint64_t bytes_sent() const;

  static constexpr std::size_t requests_kept_max = 10'000;

private:
  struct connection;

  void listen_on(const std::string& host);
  void run();
  void accept_connections();
  void serve(connection& peer, std::uint32_t events);
  void read_from(connection& peer);
  void take_request_bytes(connection& peer);
  static bool take_head(connection& peer);
  void begin_script(connection& peer);
  void write_to(connection& peer);
  void follow_ending(connection& peer);
  void drip();
  void close_connection(connection& peer, bool with_reset);
  void watch_for(connection& peer, bool writable) const;
  void set_events(const connection& peer, std::uint32_t events) const;

  chooser choose_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int epoll_ = -1;
  int stop_signal_ = -1;
  std::map<int, std::unique_ptr<connection>> connections_;
  std::size_t dripping_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<received_request> requests_;
  std::size_t request_count_ = 0;
  std::size_t accepted_ = 0;
  std::size_t closed_ = 0;
  std::uint64_t bytes_sent_ = 0;

  std::thread thread_;
};

}  // namespace talaria::test_support
