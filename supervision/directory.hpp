#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "domain/time.hpp"

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
  actor_card(std::string path, std::string kind, domain::timestamp started_at);

  const std::string path;
  const std::string kind;

  std::atomic<actor_state> state{actor_state::running};
  std::atomic<std::uint64_t> messages_handled{0};
  std::atomic<std::uint64_t> mailbox_depth{0};
  std::atomic<std::uint64_t> busy_us{0};

  void started(domain::timestamp now);
  void failed(std::string reason);
  /// The kind's own state as the text of a JSON object.
  void show(std::string details_json);

  struct view {
    domain::timestamp started_at;
    std::uint64_t restarts = 0;
    std::string last_failure;
    std::string details_json;
  };
  view read() const;

private:
  mutable std::mutex mutex_;
  view view_;
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
                                    domain::timestamp now);
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
