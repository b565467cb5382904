#pragma once

#include "domain/time.hpp"
#include "supervision/life_log.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
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
inline constexpr std::size_t actor_state_count = 5;

std::string_view to_string(actor_state state);
std::optional<actor_state> to_actor_state(std::string_view text);

/// A number of the kind's own state, or a text of a few.
struct gauge {
  constexpr gauge(const char* gauge_name) : name(gauge_name) {}
  constexpr gauge(std::string_view gauge_name, std::span<const std::string_view> gauge_texts)
      : name(gauge_name), texts(gauge_texts) {}

  std::string_view name;
  /// What the values stand for, from 0; empty: for themselves.
  std::span<const std::string_view> texts{};
};

/// What a person may ask of a child's supervisor.
enum class child_command : std::uint8_t {
  restart,  ///< stop it and start it anew
  release,  ///< from quarantine, with its budget refilled
};

/// What one actor shows of itself, across its restarts. Written by the actor, its supervisor and
/// those who send to it; read by anyone: all members are atomic or guarded, and none ever blocks
/// the actor.
class actor_card {
public:
  /// @param gauges The numbers of the kind's own state; they must outlive the card.
  /// @param log Where its life is written, if anywhere; must outlive the card.
  actor_card(std::string path, std::string kind, domain::timestamp started_at,
             std::span<const gauge> gauges, life_log* log = nullptr);

  const std::string path;
  const std::string kind;

  std::atomic<actor_state> state{actor_state::running};
  std::atomic<std::uint64_t> messages_handled{0};
  /// As of the last message that came or was handled.
  std::atomic<std::int64_t> mailbox_depth{0};
  std::atomic<std::uint64_t> busy_ns{0};
  /// Messages that took longer than the observer's threshold.
  std::atomic<std::uint64_t> slow_messages{0};
  /// Messages that came after its end, and that nobody will handle.
  std::atomic<std::uint64_t> dead_letters{0};
  /// Since when it handles the message at hand, in steady nanoseconds; 0: it is idle.
  std::atomic<std::int64_t> handling_since_ns{0};

  // ---- its life, written to the log
  void failed(std::string reason, domain::timestamp now);
  /// It is running; each time but the first counts as a restart.
  void started(domain::timestamp now);
  void quarantined(domain::timestamp now);
  void released(domain::timestamp now);
  void note(std::string topic, std::string value, domain::timestamp now);

  /// @pre `index` is that of a gauge.
  void set_gauge(std::size_t index, std::int64_t value) {
    values_[index].store(value, std::memory_order_relaxed);
  }
  /// The same for all actors of a kind.
  std::span<const gauge> gauges() const { return gauges_; }
  /// @pre `index` is that of a gauge.
  std::int64_t read_gauge(std::size_t index) const {
    return values_[index].load(std::memory_order_relaxed);
  }

  /// What it works for, in the terms of the program: fixed words, by which it is searched.
  using label_list = std::vector<std::pair<std::string_view, std::string>>;
  void set_labels(label_list labels);

  struct view {
    domain::timestamp started_at;
    std::uint64_t restarts = 0;
    std::uint64_t failures = 0;
    std::string last_failure;
    std::optional<domain::timestamp> last_failed_at;
    label_list labels;
  };
  view read() const;
  std::uint64_t restarts() const { return restarts_.load(std::memory_order_relaxed); }
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  bool has_label(std::string_view name, std::string_view value) const;

  /// The gauges as the text of a JSON object.
  std::string details_json() const;

  // ---- the way to the actor
  void set_handle(const caf::actor& handle);
  /// The live actor; no handle if there is none.
  caf::actor handle() const;
  /// Called by the supervisor once, with how to reach it.
  void set_control(std::function<void(child_command)> control);
  /// Passes the command on to its supervisor. @returns false if it has none.
  bool command(child_command command) const;

private:
  void write(life_change change, domain::timestamp now, std::string text = {},
             std::string topic = {});

  life_log* const log_;
  mutable std::mutex mutex_;
  view view_;
  bool has_run_ = false;
  std::atomic<std::uint64_t> restarts_{0};
  std::atomic<std::uint64_t> failures_{0};
  /// Weak: a card outlives its actor.
  caf::actor_addr handle_;
  std::function<void(child_command)> control_;
  std::span<const gauge> gauges_;
  std::vector<std::atomic<std::int64_t>> values_;
};

}  // namespace talaria::supervision
