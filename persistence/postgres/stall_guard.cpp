#include "persistence/postgres/stall_guard.hpp"

#include <sys/socket.h>

namespace talaria::persistence::postgres {

stall_guard::stall_guard() : thread_{[this] { run(); }} {
}

stall_guard::~stall_guard() {
  {
    const std::lock_guard lock{mutex_};
    stop_ = true;
  }
  stopping_.notify_one();
  thread_.join();
}

void stall_guard::watch(PGconn* connection, std::chrono::milliseconds call_time_max) {
  const auto deadline = std::chrono::steady_clock::now() + call_time_max;
  const std::lock_guard lock{mutex_};
  stalled_.erase(connection);
  deadlines_[connection] = deadline;
}

void stall_guard::release(PGconn* connection) {
  const std::lock_guard lock{mutex_};
  deadlines_.erase(connection);
}

bool stall_guard::take_stalled(PGconn* connection) {
  const std::lock_guard lock{mutex_};
  return stalled_.erase(connection) != 0;
}

void stall_guard::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_.wait_for(lock, tick, [this] { return stop_; })) {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(deadlines_, [&](const auto& watched) {
      const auto& [connection, deadline] = watched;
      if (now < deadline)
        return false;
      ::shutdown(PQsocket(connection), SHUT_RDWR);
      stalled_.insert(connection);
      return true;
    });
  }
}

}  // namespace talaria::persistence::postgres
