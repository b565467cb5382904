#pragma once

#include "delivery/address_guard.hpp"
#include "domain/error.hpp"
#include "http/request_handler.hpp"
#include "http/tls.hpp"
#include "http/transport_limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace talaria::http {

struct front_options {
  std::string address = "127.0.0.1";
  /// 0 takes a free one.
  std::uint16_t port = 8080;
  std::size_t workers = 2;
  transport_limits limits;
  /// Their `X-Forwarded-For` is believed, and they may have any number of connections.
  std::vector<delivery::network> trusted_proxies = {};
  /// Without one, everything is in the clear.
  std::shared_ptr<const tls_context> tls = nullptr;
};

struct connection_counts {
  std::size_t open = 0;
  /// Since the start, because too many were open, in all or from an address.
  std::uint64_t refused = 0;
};

/// The transport: cpp-httplib listens, accepts and writes responses; between the two, the front
/// owns the sockets.
///
/// cpp-httplib by itself gives each connection a thread for as long as it lives, and takes requests
/// that a strict server must refuse. Here a few workers watch all connections, requests are framed
/// by Boost.Beast's parser, and an answer may come later, from any thread, which holds none
/// meanwhile.
class front {
public:
  /// @param handler Must outlive the front.
  front(front_options options, request_handler& handler);
  front(const front&) = delete;
  front& operator=(const front&) = delete;
  /// As `stop`.
  ~front();

  /// Binds and starts to accept.
  /// @returns the port, or `ec::conflict` if the address is taken or not ours.
  domain::result<std::uint16_t> start();

  /// Accepts no further connection, and ends the open ones when their requests are answered.
  /// @returns whether all had ended when the time was over.
  bool drain(std::chrono::milliseconds timeout);

  /// Ends every connection at once and joins all threads. Answers that come later go nowhere.
  /// Idempotent.
  void stop();

  std::size_t connections() const;
  connection_counts count_connections() const;

private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace talaria::http
