#pragma once

#include "domain/error.hpp"
#include "http/exchange.hpp"
#include "http/response.hpp"

#include <httplib.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace talaria::http {

// Its private virtual functions, on which this relies, differ between versions.
static_assert(std::string_view(CPPHTTPLIB_VERSION) == "0.11.4");

/// cpp-httplib's server, which hands its connections to somebody else, as its own `SSLServer` does.
///
/// It binds, listens and accepts, and writes responses. It never reads from a client: its parser
/// takes what a strict server must refuse.
class httplib_server final : private httplib::Server {
public:
  /// @param idle What clients are told of how long a connection may wait for its next request.
  /// @param adopt Gets each accepted socket, non-blocking; called on the thread of `accept_all`.
  httplib_server(std::chrono::seconds idle, std::function<void(int)> adopt);

  /// @returns the port.
  domain::result<std::uint16_t> bind(const std::string& address, std::uint16_t port);

  /// Accepts until `stop_accepting`. @returns false if the listening socket broke.
  bool accept_all() { return listen_after_bind(); }
  bool accepting() const { return is_running(); }
  /// @pre accepting
  void stop_accepting() { stop(); }

  /// Thread-safe.
  serialized_response serialize(response answer, const exchange_ticket& ticket, bool close);

private:
  /// What surrounds the length and the request's id in the head of one kind of response.
  struct head_text {
    std::string before_length;
    std::string before_id;
    std::string after_id;
  };

  std::string write(httplib::Response& answer, bool head_only, bool close);
  const head_text& head_of(unsigned status, const std::string& content_type, bool close);
  bool process_and_close_socket(socket_t socket) override;

  std::function<void(int)> adopt_;
};

}  // namespace talaria::http
