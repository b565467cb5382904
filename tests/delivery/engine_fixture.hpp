#pragma once

#include "delivery/engine.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace talaria::delivery {

/// Longer than anything takes that works; nothing is measured against it.
inline constexpr std::chrono::seconds patience{60};

inline ip_address address(std::string_view text) {
  return parse_ip_address(text).value();
}

/// Options under which loopback may be reached, and every name leads there.
inline engine_options loopback_options() {
  engine_options options;
  options.addresses.allowed = {parse_network("127.0.0.0/8").value()};
  options.names.look_up = [](const std::string&) { return std::vector{address("127.0.0.1")}; };
  return options;
}

inline outbound_request request_to(std::string url, std::string body = "{}") {
  outbound_request request;
  request.url = std::move(url);
  request.headers = {"content-type: application/json"};
  request.body = std::move(body);
  request.timeout = std::chrono::seconds(30);
  return request;
}

inline std::future<outbound_response> start(engine& sender, outbound_request request) {
  auto promise = std::make_shared<std::promise<outbound_response>>();
  auto future = promise->get_future();
  // A second completion would throw here, on the loop's thread, and end the test run.
  sender.send(std::move(request),
              [promise](outbound_response response) { promise->set_value(std::move(response)); });
  return future;
}

inline outbound_response wait_for(std::future<outbound_response>& pending) {
  if (pending.wait_for(patience) != std::future_status::ready)
    throw std::runtime_error("the request did not complete");
  return pending.get();
}

inline outbound_response send_and_wait(engine& sender, outbound_request request) {
  auto pending = start(sender, std::move(request));
  return wait_for(pending);
}

}  // namespace talaria::delivery
