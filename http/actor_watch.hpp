#pragma once

#include "http/body_stream.hpp"
#include "supervision/life_log.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace talaria::http {

/// A life event as server-sent events have it (HTML, section 9.2).
std::string to_server_sent_event(const supervision::life_event& event);

/// Writes what happens to actors to everybody who watches, on a thread of its own that runs while
/// somebody does. Thread-safe.
class actor_watch {
public:
  static constexpr std::size_t watchers_max = 64;
  static constexpr std::chrono::milliseconds look_interval{200};
  /// So that those in between do not take the connection for dead.
  static constexpr std::chrono::seconds sign_of_life_interval{15};

  explicit actor_watch(const supervision::life_log& lives) : lives_(lives) {}
  actor_watch(const actor_watch&) = delete;
  actor_watch& operator=(const actor_watch&) = delete;
  /// As `stop`.
  ~actor_watch() { stop(); }

  /// @param after The last event that the watcher knows.
  /// @returns null if as many watch as may.
  std::shared_ptr<body_stream> watch(std::uint64_t after);

  /// Joins the thread; nobody can watch any more. Idempotent.
  void stop();

  std::size_t watchers() const;

private:
  struct watcher {
    std::shared_ptr<body_stream> stream;
    std::uint64_t seen = 0;
    std::chrono::steady_clock::time_point written_at;
  };

  void run();
  void look();
  void tell(watcher& told) const;

  const supervision::life_log& lives_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<watcher> watchers_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace talaria::http
