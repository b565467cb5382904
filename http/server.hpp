#pragma once

#include "domain/error.hpp"
#include "http/api_key.hpp"
#include "http/authenticator.hpp"
#include "http/executor.hpp"
#include "http/front.hpp"
#include "http/services.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace talaria::http {

struct server_options {
  front_options transport;
  /// Threads for requests that wait for the store.
  executor_options store_threads{.threads = 4, .queue_max = 1024};
  authenticator_options authentication;
  /// Signs the cursors of lists: any secret that is the same on every node and after a restart.
  std::string cursor_key;
};

/// An operation that is served, as a document would name it.
struct served_operation {
  std::string method;
  std::string path;
};

/// All of the inbound HTTP: transport, authentication, operations.
class server {
public:
  /// Opens the store's sessions; does not listen yet.
  server(server_options options, services services);
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  /// As `stop`.
  ~server();

  /// Binds and serves.
  /// @returns the port, or `ec::conflict` if the address is taken or not ours.
  domain::result<std::uint16_t> start();

  /// Accepts no further connection, and ends the open ones when their requests are answered.
  /// @returns whether all had ended when the time was over.
  bool drain(std::chrono::milliseconds timeout);

  /// Ends everything at once. Idempotent.
  void stop();

  std::vector<served_operation> operations() const;

private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace talaria::http
