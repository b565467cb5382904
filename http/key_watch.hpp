#pragma once

#include "http/authenticator.hpp"
#include "persistence/store.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

namespace talaria::http {

/// Keeps what the authenticator remembers no staler than the store allows: looks every two seconds
/// for keys that were changed, on this node or another, and writes down when keys were last used.
///
/// While the store cannot be read nothing is learned; but nothing can be committed either.
class key_watch {
public:
  static constexpr std::chrono::seconds look_interval{2};
  static constexpr std::chrono::seconds write_interval{30};

  /// @param store, keys Must outlive it.
  key_watch(persistence::store& store, authenticator& keys);
  key_watch(const key_watch&) = delete;
  key_watch& operator=(const key_watch&) = delete;
  /// As `stop`.
  ~key_watch() { stop(); }

  /// Starts to look, on a thread of its own.
  void start();
  /// Writes the last uses down, and joins. Idempotent.
  void stop();

  /// One look. For the thread, or for who has not started it.
  void look();
  void write_uses();

private:
  void run();

  std::unique_ptr<persistence::tenants> tenants_;
  authenticator& keys_;
  /// Absent: none has been read yet.
  std::optional<std::int64_t> revision_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace talaria::http
