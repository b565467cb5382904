#include "persistence/sqlite/write_turn.hpp"

namespace talaria::persistence::sqlite {

void write_turn::lock() {
  std::unique_lock guard{mutex_};
  if (!taken_) {
    taken_ = true;
    return;
  }
  waiting self;
  queue_.push_back(&self);
  self.called.wait(guard, [&] { return self.has_turn; });
}

bool write_turn::try_lock_for(std::chrono::milliseconds wait) {
  std::unique_lock guard{mutex_};
  if (!taken_) {
    taken_ = true;
    return true;
  }
  waiting self;
  const auto place = queue_.insert(queue_.end(), &self);
  if (self.called.wait_for(guard, wait, [&] { return self.has_turn; }))
    return true;
  queue_.erase(place);
  return false;
}

void write_turn::unlock() {
  const std::lock_guard guard{mutex_};
  if (queue_.empty()) {
    taken_ = false;
    return;
  }
  // Notified under the lock: the waiting thread owns the condition variable and may leave with it.
  auto* next = queue_.front();
  queue_.pop_front();
  next->has_turn = true;
  next->called.notify_one();
}

}  // namespace talaria::persistence::sqlite
