#include "http/server.hpp"

#include "http/api.hpp"

#include <spdlog/spdlog.h>

namespace talaria::http {

class server::implementation {
public:
  implementation(server_options options, http::services services)
      : services_(std::move(services)),
        api_({options.store_threads, options.authentication, std::move(options.cursor_key),
              [this] { return front_.count_connections(); }},
             services_),
        front_(std::move(options.transport), api_) {}

  http::services services_;
  api api_;
  front front_;
};

server::server(server_options options, services services)
    : implementation_(std::make_unique<implementation>(std::move(options), std::move(services))) {
}

server::~server() {
  stop();
}

domain::result<std::uint16_t> server::start() {
  implementation_->api_.start();
  auto port = implementation_->front_.start();
  if (port) {
    spdlog::info("http: listening on port {}", *port);
  }
  return port;
}

bool server::drain(std::chrono::milliseconds timeout) {
  const bool ended = implementation_->front_.drain(timeout);
  if (!ended) {
    spdlog::warn("http: {} connections were open when the time to drain was over",
                 implementation_->front_.connections());
  }
  return ended;
}

void server::stop() {
  implementation_->front_.stop();
  implementation_->api_.stop();
}

std::vector<served_operation> server::operations() const {
  std::vector<served_operation> served;
  for (const route& route : implementation_->api_.routes().routes()) {
    served.push_back({route.method, route.pattern});
  }
  return served;
}

}  // namespace talaria::http
