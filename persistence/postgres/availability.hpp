#pragma once

#include "domain/error.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace talaria::persistence::postgres {

/// The circuit breaker of a server: once it fails, callers are refused at once instead of waiting
/// each for a timeout of their own, until a probe has succeeded.
///
/// Thread-safe. `probe` is called on a thread of its own, only while the breaker is open.
class availability {
public:
  /// @param name As logs call it.
  availability(std::string name, std::function<domain::result<void>()> probe);
  availability(const availability&) = delete;
  availability& operator=(const availability&) = delete;
  ~availability();

  domain::result<void> admit() const;
  /// Opens the breaker.
  void lost(const std::string& why);

private:
  static constexpr std::chrono::milliseconds probe_pause{250};

  void run();

  const std::string name_;
  const std::function<domain::result<void>()> probe_;
  std::atomic<bool> open_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace talaria::persistence::postgres
