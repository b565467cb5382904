#include "persistence/postgres/availability.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace talaria::persistence::postgres {

availability::availability(std::string name, std::function<domain::result<void>()> probe)
    : name_{std::move(name)}, probe_{std::move(probe)}, thread_{[this] { run(); }} {
}

availability::~availability() {
  {
    const std::lock_guard lock{mutex_};
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

domain::result<void> availability::admit() const {
  if (open_.load(std::memory_order_relaxed))
    return domain::fail(domain::ec::store_unavailable, fmt::format("{} is unavailable", name_));
  return {};
}

void availability::lost(const std::string& why) {
  const std::lock_guard lock{mutex_};
  if (open_.exchange(true))
    return;
  spdlog::error("{} is unavailable: {}", name_, why);
  changed_.notify_one();
}

void availability::run() {
  std::unique_lock lock{mutex_};
  while (true) {
    changed_.wait(lock, [this] { return stop_ || open_; });
    const auto since = std::chrono::steady_clock::now();
    while (open_ && !changed_.wait_for(lock, probe_pause, [this] { return stop_; })) {
      lock.unlock();
      const bool answered = probe_().has_value();
      lock.lock();
      open_ = !answered;
    }
    if (stop_)
      return;
    const std::chrono::duration<double> gone = std::chrono::steady_clock::now() - since;
    spdlog::info("{} is available again after {:.1f} s", name_, gone.count());
  }
}

}  // namespace talaria::persistence::postgres
