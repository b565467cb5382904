#pragma once

#include "supervision/directory.hpp"
#include "supervision/restart_budget.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>
#include <caf/stateful_actor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::supervision {

/// Which siblings go down with a child that failed.
enum class strategy : std::uint8_t {
  one_for_one,   ///< none
  rest_for_one,  ///< those started after it
  one_for_all,   ///< all
};

/// How to start a child. `start` runs inside the supervisor, at first and after each failure, and
/// must publish the new handle to whoever talks to the child: an old one swallows what it is sent.
struct child_spec {
  /// The last segment of the child's path; unique among its siblings.
  std::string name;
  std::string kind;
  /// See `actor_card`.
  std::span<const std::string_view> gauge_names;
  std::function<caf::actor(caf::scheduled_actor& supervisor, std::shared_ptr<actor_card> card)>
      start;
};

struct supervisor_options {
  /// Of the supervisor itself, empty for the root.
  std::string path;
  strategy restarts = strategy::one_for_one;
  restart_policy policy;
  /// A child that does not stop within the grace is killed.
  std::chrono::milliseconds stop_grace{5'000};
  directory* actors = nullptr;
  std::function<domain::timestamp()> now;
  /// Draws from [0, 1).
  std::function<double()> jitter;
  /// Told of each failure, before the restart: the log's business, not the supervisor's.
  std::function<void(const actor_card& child, const std::string& reason)> on_failure;
  /// Told of each child that is started anew.
  std::function<void(const actor_card& child)> on_restart{};
};

/// Keeps a fixed list of children alive, started in order and stopped in reverse.
///
///     starting ──► running ──child fails──► stopping those that go down with it
///                     ▲                           │ all down
///                     └──── started anew ◄── backing off
///
/// A child that ends normally is done and not restarted. When the budget is exceeded the supervisor
/// stops all children and fails itself with the child's reason: its own supervisor answers. On an
/// exit message it stops the children in reverse order, each within the grace, and ends. Owns the
/// children; they are not linked to it, so a failure of one is seen and not shared.
struct supervisor_state;
caf::behavior supervisor(caf::stateful_actor<supervisor_state>* self, supervisor_options options,
                         std::vector<child_spec> children);

struct supervisor_state {
  static inline const char* name = "supervisor";

  struct child {
    child_spec spec;
    std::shared_ptr<actor_card> card;
    caf::actor handle;
    bool up = false;
  };

  supervisor_options options;
  std::vector<child> children;
  std::unique_ptr<restart_budget> budget;
  /// Children at and after this index are to be stopped; the size if none are.
  std::size_t stop_from = 0;
  bool stopping_for_good = false;
  caf::error final_reason;
  /// Told apart by it, a kill that was meant for an earlier stop finds no target.
  std::uint64_t stop_generation = 0;
};

}  // namespace talaria::supervision
