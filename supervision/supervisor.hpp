#pragma once

#include "supervision/child_life.hpp"
#include "supervision/directory.hpp"
#include "supervision/observed.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/fwd.hpp>
#include <caf/stateful_actor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::supervision {

/// Which siblings go down with a child that failed, and come back with it.
enum class strategy : std::uint8_t {
  one_for_one,   ///< none
  rest_for_one,  ///< those started after it
  one_for_all,   ///< all
};

/// What follows when a child fails more often than its budget allows.
enum class exhaustion : std::uint8_t {
  escalate,    ///< the supervisor stops all children and fails with the child's reason
  quarantine,  ///< the child stays down until somebody releases it; only with one_for_one
};

/// How to start a child. `start` runs inside the supervisor, at first and after each failure, and
/// must publish the new handle to whoever talks to the child: an old one swallows what it is sent.
struct child_spec {
  /// The last segment of the child's path; unique among its siblings.
  std::string name;
  std::string kind;
  /// See `actor_card`.
  std::span<const gauge> gauges;
  std::function<caf::actor(caf::scheduled_actor& supervisor, std::shared_ptr<actor_card> card)>
      start;
  exhaustion when_exhausted = exhaustion::escalate;
  /// Absent: the supervisor's.
  std::optional<restart_policy> policy{};
};

struct supervisor_options {
  /// Of the supervisor itself, empty for the root.
  std::string path;
  strategy restarts = strategy::one_for_one;
  /// Of each child.
  restart_policy policy;
  /// A child that does not stop within the grace is killed; one that is not down after another
  /// grace, since it hangs in a call that does not return, is given up and counts as down.
  std::chrono::milliseconds stop_grace{5'000};
  directory* actors = nullptr;
  std::function<domain::timestamp()> now;
  /// Draws from [0, 1).
  std::function<double()> jitter;
  /// Told of each failure, before the restart: the log's business, not the supervisor's.
  std::function<void(const actor_card& child, const std::string& reason)> on_failure;
  /// Told of each child that is started anew.
  std::function<void(const actor_card& child)> on_restart{};
  /// Told of each child that exceeded its budget, whatever follows.
  std::function<void(const actor_card& child, exhaustion follows)> on_exhausted{};
  /// Told of each child that could not be stopped.
  std::function<void(const actor_card& child)> on_given_up{};
};

/// Keeps a fixed list of children alive, started in order and stopped in reverse, each in the life
/// that `child_life` describes.
///
/// A failure spends the failing child's budget. Those that go down with it are stopped in reverse
/// order, and after the child's backoff all of them are started in order. A child that ends
/// normally is done: it leaves the directory and is not restarted. On an exit message the
/// supervisor stops the children in reverse order, each within the grace, and ends. Owns the
/// children; they are not linked to it, so a failure of one is seen and not shared. Obeys
/// `child_command`s given through the children's cards: a restart that was asked for costs nothing
/// of the budget and takes along whom a failure would.
///
/// Throws `std::invalid_argument`, failing itself, for children that cannot be supervised as asked.
struct supervisor_state;
using supervisor_pointer = caf::stateful_actor<supervisor_state, observed<caf::event_based_actor>>*;
/// @param card The supervisor's own; null for the root, which nobody supervises.
caf::behavior supervisor(supervisor_pointer self, supervisor_options options,
                         std::vector<child_spec> children, std::shared_ptr<actor_card> card,
                         const observer* by);

struct supervisor_state {
  static inline const char* name = "supervisor";

  struct child {
    child_spec spec;
    child_life life;
    caf::actor handle;
    bool to_stop = false;
    /// The restart that it waits for; 0: none.
    std::uint64_t restart = 0;
  };
  /// A restart that begins once all who go down with it are down.
  struct restart_to_come {
    std::uint64_t number = 0;
    std::chrono::milliseconds wait{0};
  };

  supervisor_options options;
  std::vector<child> children;
  std::uint64_t last_restart = 0;
  std::vector<restart_to_come> restarts;
  bool stopping_for_good = false;
  caf::error final_reason;
  /// Told apart by it, a kill that was meant for an earlier stop finds no target.
  std::uint64_t stop_generation = 0;
};

}  // namespace talaria::supervision
