#include "http/key_watch.hpp"

#include <spdlog/spdlog.h>

#include <limits>

namespace talaria::http {

key_watch::key_watch(persistence::store& store, authenticator& keys)
    : tenants_(store.open_tenants()), keys_(keys) {
  // What is changed from now on: nothing is remembered yet.
  if (const auto present = tenants_->changes_since(std::numeric_limits<std::int64_t>::max())) {
    revision_ = present->revision;
  }
}

void key_watch::start() {
  thread_ = std::thread([this] { run(); });
}

void key_watch::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
    write_uses();
  }
}

void key_watch::look() {
  const auto changes = tenants_->changes_since(revision_.value_or(0));
  if (!changes) {
    return;
  }
  keys_.forget(changes->keys);
  revision_ = changes->revision;
}

void key_watch::write_uses() {
  const auto uses = keys_.take_uses();
  if (uses.empty()) {
    return;
  }
  if (const auto written = tenants_->record_key_uses(uses); !written) {
    spdlog::warn("http: the last uses of {} keys could not be written: {}", uses.size(),
                 written.error().detail);
  }
}

void key_watch::run() {
  using clock = std::chrono::steady_clock;
  auto write_at = clock::now() + write_interval;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, look_interval, [this] { return stopping_; })) {
    lock.unlock();
    look();
    if (clock::now() >= write_at) {
      write_uses();
      write_at = clock::now() + write_interval;
    }
    lock.lock();
  }
}

}  // namespace talaria::http
