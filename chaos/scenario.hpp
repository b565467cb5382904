#pragma once

#include "domain/error.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::chaos {

using std::chrono::milliseconds;

enum class store_kind : std::uint8_t { sqlite, postgresql };

std::string_view to_string(store_kind kind);
std::optional<store_kind> to_store_kind(std::string_view text);

enum class fault_kind : std::uint8_t {
  process_kill,                 ///< SIGKILL, and a fresh start; `times` in a row
  process_pause,                ///< SIGSTOP, SIGCONT
  node_stop,                    ///< SIGTERM, and a fresh start after a while
  node_join,                    ///< a further node comes, and leaves in good order
  rolling_restart,              ///< SIGTERM and a fresh start, of each node in turn
  node_upgrade,                 ///< SIGTERM and a start of the program that `how` says, in turn
  descriptor_exhaustion,        ///< no file may be opened but `spare` ones
  disk_full,                    ///< what the store writes finds no room
  postgres_restart,             ///< in the manner of `how`: fast, or immediate as in a crash
  postgres_terminate_backends,  ///< every connection, `times` in a row
  postgres_pause,               ///< SIGSTOP, SIGCONT of all its processes
  postgres_slow,                ///< its answers come `delay_ms` later
  postgres_failover,            ///< the primary is lost, and a standby takes its place
  receiver_hostile,             ///< receivers answer as `how` says
  fault,                        ///< of the chaos API: `point`, `action`, ...
  clock_jump,                   ///< by `offset_ms`, and back
  takeover,                     ///< a successor starts while the process is stopped; both go on
  partition_database,           ///< between a node and the database server, as `how` says
  partition_link,               ///< between a node and others, as `how` says
};

std::string_view to_string(fault_kind kind);

/// Both ends are included.
struct duration_range {
  milliseconds min{0};
  milliseconds max{0};
};

/// What each kind takes is in `scenario.cpp`; the others keep their defaults.
struct fault_settings {
  std::uint32_t times = 1;
  std::string how;
  /// Of one subscription; empty: all of them.
  std::string subscription;
  std::uint32_t spare = 0;
  milliseconds delay{0};
  milliseconds offset{0};
  /// Before what was killed is started again.
  milliseconds down{0};
  /// Which node, from 1. 0: a drawn one.
  std::uint32_t node = 0;
  /// How many at once: that one, and those after it.
  std::uint32_t nodes = 1;
  /// From how many others each is parted: those after it. 0: from all, and from guests.
  std::uint32_t peers = 0;
  /// The body of `POST /api/v1/chaos/faults`, without a seed and an end.
  std::string request_json;
};

struct fault_rule {
  fault_kind kind{};
  /// Either when, or how often among those that have a weight.
  std::optional<milliseconds> at;
  double weight = 0;
  duration_range lasts;
  /// One of these, if there are any, instead.
  std::vector<milliseconds> lasts_one_of{};
  fault_settings settings{};
};

struct subscription_plan {
  std::string name;
  bool ordered = false;
  /// Takes only events with an odd number, by a filter of their payload.
  bool only_odd = false;
  std::uint32_t max_in_flight = 16;
  /// The share of requests that it answers with 500, whatever else happens.
  double fail_rate = 0;
};

struct workload_plan {
  double events_per_second = 100;
  std::uint32_t connections = 8;
  /// The share of submissions that have an idempotency key, and are repeated until they are acked.
  double keyed = 0.5;
  std::uint32_t payload_bytes = 300;
};

struct scenario {
  std::string name{};
  store_kind store = store_kind::sqlite;
  /// More than one only with a database server.
  std::uint32_t nodes = 1;
  milliseconds duration{15'000};
  /// Before the first fault, for the baseline.
  milliseconds warm_up{2'000};
  /// Between faults with a weight.
  duration_range pause{milliseconds{500}, milliseconds{2'000}};
  /// How long it may take at the end until a delivery ends, while some are pending.
  milliseconds drain_max{120'000};
  workload_plan workload{};
  std::vector<subscription_plan> subscriptions{};
  /// Of `talaria serve`.
  std::map<std::string, std::string> settings{};
  std::vector<fault_rule> faults{};
};

/// Reads a scenario's file.
///
/// @returns `ec::invalid_value`, `ec::unknown_field`, `ec::missing_field` or `ec::wrong_type`, with
/// the key as `field`.
domain::result<scenario> read_scenario(std::string_view toml);

/// Whether its store can have its nodes.
///
/// @returns `ec::invalid_value`, with `nodes` as `field`.
domain::result<void> check_nodes(const scenario& scenario);

/// Whether the kind needs a database server.
bool needs_postgresql(fault_kind kind);
/// Whether the kind needs more than one node.
bool needs_cluster(fault_kind kind);
/// Whether it needs a second program, of another version.
bool needs_next_program(const scenario& scenario);

}  // namespace talaria::chaos
