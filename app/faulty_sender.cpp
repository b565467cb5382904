#include "app/faulty_sender.hpp"

#include "actors/fault_points.hpp"
#include "domain/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace talaria::app {

namespace {

using supervision::fault_action;

std::string host_of(const delivery::outbound_request& request) {
  const auto url = domain::parse_webhook_url(request.url);
  if (!url)
    return {};
  const bool is_ipv6 = url->host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", url->host, url->port)
                 : fmt::format("{}:{}", url->host, url->port);
}

delivery::outbound_response failed(domain::attempt_error error,
                                   std::chrono::milliseconds duration = {}) {
  return {.status_code = 0, .error = error, .body = {}, .retry_after = {}, .duration = duration};
}

}  // namespace

faulty_sender::faulty_sender(supervision::fault_injector& faults, sender send)
    : faults_(faults), send_(std::move(send)), thread_([this] { run(); }) {
}

void faulty_sender::send(delivery::outbound_request request, completion done) {
  const auto host = host_of(request);
  const auto injected =
      faults_.ask(actors::fault_points::outbound_request, {.path = {}, .kind = {}, .host = host});
  if (!injected)
    return send_(std::move(request), std::move(done));
  const auto hang_until = clock::now() + request.timeout;
  switch (injected->action) {
    case fault_action::delay:
      return hold(injected->until, {std::move(request), std::move(done)});
    case fault_action::hang:
      return hold(hang_until, {std::move(request), std::move(done), true});
    default:
      return done(failed(domain::attempt_error::connect));
  }
}

void faulty_sender::hold(clock::time_point until, held request) {
  {
    const std::lock_guard lock{mutex_};
    if (!stopping_) {
      held_.emplace(until, std::move(request));
      changed_.notify_one();
      return;
    }
  }
  request.done(failed(domain::attempt_error::aborted));
}

void faulty_sender::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    if (held_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto due = held_.begin()->first;
    if (clock::now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    auto next = held_.extract(held_.begin());
    lock.unlock();
    release(std::move(next.mapped()));
    lock.lock();
  }
}

void faulty_sender::release(held request) {
  if (request.times_out)
    request.done(failed(domain::attempt_error::timeout, request.request.timeout));
  else
    send_(std::move(request.request), std::move(request.done));
}

void faulty_sender::stop() {
  std::multimap<clock::time_point, held> left;
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    left = std::exchange(held_, {});
  }
  changed_.notify_one();
  if (thread_.joinable())
    thread_.join();
  for (auto& [until, request] : left)
    request.done(failed(domain::attempt_error::aborted));
}

}  // namespace talaria::app
