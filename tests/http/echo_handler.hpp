#pragma once

#include "http/request_handler.hpp"
#include "http/router.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace talaria::http::test {

/// What `/echo` takes.
inline constexpr std::size_t echo_body_bytes_max = 1000;
/// What `/large` answers with, and `/sized` takes: more than any socket holds.
inline constexpr std::size_t echo_large_bytes = 32 * 1024 * 1024;

/// Answers with the method, the target and the body that arrived, or as other paths have it.
class echo_handler : public request_handler {
public:
  echo_handler() {
    for (const char* method : {"GET", "POST"}) {
      router_.add(method, "/echo", echo_body_bytes_max);
    }
    router_.add("GET", "/things/{id}", 0);
    router_.add("GET", "/large", 0);
    router_.add("GET", "/address", 0);
    router_.add("POST", "/held", echo_body_bytes_max);
    router_.add("POST", "/dropped", echo_body_bytes_max);
    router_.add("POST", "/sized", echo_large_bytes);
  }

  tl::expected<std::size_t, problem> admit(request& request) override {
    return router_.find(request).map([](const route* found) { return found->body_bytes_max; });
  }

  void handle(responder responder) override {
    const request& request = responder.request();
    if (request.path == "/dropped") {
      return;
    }
    if (request.path == "/sized") {
      responder.send(json_response(200, std::to_string(request.body.size())));
      return;
    }
    if (request.path == "/address") {
      responder.send(json_response(200, request.client_address));
      return;
    }
    if (request.path == "/large") {
      responder.send(json_response(200, std::string(echo_large_bytes, 'l')));
      return;
    }
    if (request.path == "/held") {
      const std::scoped_lock lock(mutex_);
      held_.push_back(std::move(responder));
      arrived_.notify_all();
      return;
    }
    responder.send(json_response(200, std::string(request.method) + ' ' +
                                          std::string(request.target) + ' ' +
                                          std::string(request.body)));
  }

  void answered(const exchange_ticket&, unsigned, std::chrono::nanoseconds) override { ++answers; }

  responder wait_for_held() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !held_.empty(); });
    responder first = held_.front();
    held_.erase(held_.begin());
    return first;
  }

  std::atomic<int> answers{0};

private:
  router router_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<responder> held_;
};

}  // namespace talaria::http::test
