#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace talaria::actors {

/// Counts the events that are on their way through a writer: from when they are given to it until
/// their message is gone, whatever became of it.
class writer_load {
public:
  /// While it lives, some events count. Copies count once.
  using share = std::shared_ptr<const void>;

  share add(std::int64_t events) {
    events_->fetch_add(events, std::memory_order_relaxed);
    return {nullptr, [counted = events_, events](const void*) {
              counted->fetch_sub(events, std::memory_order_relaxed);
            }};
  }

  std::int64_t events() const { return events_->load(std::memory_order_relaxed); }

private:
  /// Shared, since messages may outlive who sent them.
  std::shared_ptr<std::atomic<std::int64_t>> events_ =
      std::make_shared<std::atomic<std::int64_t>>(0);
};

}  // namespace talaria::actors
