#pragma once

#include "domain/time.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::supervision {

enum class actor_state : std::uint8_t {
  running,
  restarting,   ///< stopped, about to be started anew
  backing_off,  ///< failed, waits before its restart
  quarantined,  ///< failed more often than its budget allows; a person may release it
  stopping,
};

std::string_view to_string(actor_state state);

/// What one actor shows of itself. Written by the actor and its supervisor, read by anyone: all
/// members are atomic or guarded, and none ever blocks the actor.
class actor_card {
public:
  /// @param gauge_names The numbers of the kind's own state; they must outlive the card.
  actor_card(std::string path, std::string kind, domain::timestamp started_at,
             std::span<const std::string_view> gauge_names);

  const std::string path;
  const std::string kind;

  std::atomic<actor_state> state{actor_state::running};
  std::atomic<std::uint64_t> messages_handled{0};
  std::atomic<std::uint64_t> mailbox_depth{0};
  std::atomic<std::uint64_t> busy_us{0};

  /// Counts a restart.
  void restarted(domain::timestamp now);
  void failed(std::string reason);
  /// @pre `index` is that of a gauge's name.
  void set_gauge(std::size_t index, std::int64_t value) {
    gauges_[index].store(value, std::memory_order_relaxed);
  }

  struct view {
    domain::timestamp started_at;
    std::uint64_t restarts = 0;
    std::string last_failure;
  };
  view read() const;

  /// The gauges as the text of a JSON object.
  std::string details_json() const;

private:
  mutable std::mutex mutex_;
  view view_;
  std::span<const std::string_view> gauge_names_;
  std::vector<std::atomic<std::int64_t>> gauges_;
};

struct actor_snapshot {
  std::string path;
  std::string kind;
  actor_state state{};
  domain::timestamp started_at;
  std::uint64_t restarts = 0;
  std::string last_failure;
  std::uint64_t messages_handled = 0;
  std::uint64_t mailbox_depth = 0;
  std::uint64_t busy_us = 0;
  /// The text of a JSON object.
  std::string details_json;
};

/// Every live actor, by path: `/ingest/subscription-17`. Thread-safe.
class directory {
public:
  /// Registers an actor, or returns the card of its former incarnation at the same path.
  std::shared_ptr<actor_card> enter(const std::string& path, const std::string& kind,
                                    domain::timestamp now,
                                    std::span<const std::string_view> gauge_names = {});
  void leave(const std::string& path);

  std::shared_ptr<actor_card> find(const std::string& path) const;

  /// In the order of the paths. Copies the list under the lock and reads the cards outside of it.
  std::vector<actor_snapshot> snapshot() const;

  std::size_t size() const;

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<actor_card>> cards_;
};

}  // namespace talaria::supervision
