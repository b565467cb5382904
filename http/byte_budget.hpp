#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace talaria::http {

/// Bytes that may be held at once. Thread-safe.
class byte_budget {
public:
  explicit byte_budget(std::size_t bytes_max) : bytes_free_(bytes_max) {}

  bool take(std::size_t bytes) {
    std::size_t free = bytes_free_.load(std::memory_order_relaxed);
    while (free >= bytes) {
      if (bytes_free_.compare_exchange_weak(free, free - bytes, std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }

  void give_back(std::size_t bytes) { bytes_free_.fetch_add(bytes, std::memory_order_relaxed); }

private:
  std::atomic<std::size_t> bytes_free_;
};

/// A part of a budget, given back at its end.
class byte_reservation {
public:
  byte_reservation() = default;
  byte_reservation(const byte_reservation&) = delete;
  byte_reservation& operator=(const byte_reservation&) = delete;
  ~byte_reservation() { release(); }

  /// @returns false, holding nothing more than before, if the budget is exhausted.
  bool take(const std::shared_ptr<byte_budget>& budget, std::size_t bytes) {
    if (!budget->take(bytes)) {
      return false;
    }
    release();
    budget_ = budget;
    bytes_ = bytes;
    return true;
  }

  void release() {
    if (budget_ != nullptr) {
      budget_->give_back(bytes_);
      budget_.reset();
    }
  }

private:
  std::shared_ptr<byte_budget> budget_;
  std::size_t bytes_ = 0;
};

}  // namespace talaria::http
