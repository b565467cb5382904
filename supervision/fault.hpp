#pragma once

#include "domain/error.hpp"
#include "domain/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Faults that are injected on purpose: what may be asked for, and what is kept of it.
namespace talaria::supervision {

/// What a fault does to whoever reaches its point.
enum class fault_action : std::uint8_t {
  throw_exception,  ///< the actor at hand fails, in the middle of what it does
  kill,             ///< it ends as if it had been killed there
  delay,
  hang,  ///< waits until the fault is removed or expires
  fail,  ///< what was to be done answers that it could not be
  exit,  ///< the process ends at once
};

/// `throw_exception` is `throw`.
std::string_view to_string(fault_action action);
std::optional<fault_action> parse_fault_action(std::string_view text);

/// What a fault may be aimed with.
enum class fault_aim : std::uint8_t {
  nothing,
  actor,  ///< the path or the kind of the actor that reaches the point
  host    ///< whom it is about
};

/// A place in the program at which a fault can be injected.
struct fault_point {
  std::string_view name;
  std::string_view description;
  std::vector<fault_action> actions;
  fault_aim aim = fault_aim::nothing;
  /// Nobody reaches it: the actors that the fault is aimed at are killed when it is added.
  bool at_once = false;
};

/// Whom a fault is meant for; whoever reaches its point, as far as members are empty.
struct fault_target {
  std::string path;
  std::string kind;
  /// `<host>:<port>`, or `<host>` for each of its ports; IPv6 in brackets.
  std::string host;
};

/// Who or what reaches a point; empty where there is no such thing.
struct fault_place {
  std::string_view path;
  std::string_view kind;
  /// `<host>:<port>`
  std::string_view host;
};

bool is_meant(const fault_target& target, const fault_place& place);

struct fault_request {
  std::string point;
  fault_action action{};
  fault_target target{};
  /// How often it acts; absent: without bound.
  std::optional<std::uint64_t> count{};
  /// Of acting, each time its point is reached by whom it is meant for.
  double probability = 1;
  /// The same seed gives the same decisions, in the order in which the point is reached. Absent:
  /// one is drawn.
  std::optional<std::uint64_t> seed{};
  /// Of a delay, and of no other action.
  std::optional<std::chrono::milliseconds> delay{};
  std::chrono::milliseconds expires_after{60'000};
};

/// All are inclusive, and begin at 1, but for probability and seed, which begin at 0.
namespace fault_limits {
/// One that is forgotten heals by itself.
inline constexpr std::chrono::milliseconds expires_after_max{3'600'000};
inline constexpr std::chrono::milliseconds delay_max{60'000};
inline constexpr std::uint64_t count_max = 1'000'000'000;
/// JSON's numbers are exact up to it.
inline constexpr std::uint64_t seed_max = (std::uint64_t{1} << 53U) - 1;
/// At a time: each costs a comparison wherever a point is reached.
inline constexpr std::size_t faults_max = 64;
/// Of the clock, in either direction: a year.
inline constexpr std::chrono::milliseconds clock_offset_max{31'536'000'000};
}  // namespace fault_limits

/// Whether a fault can be as it is wanted.
/// @returns what is wrong, with the JSON pointer of the field.
domain::result<void> check(const fault_request& wanted, std::span<const fault_point> points);

/// A fault that was added.
struct fault {
  std::string id;
  /// With its seed.
  fault_request wanted;
  domain::timestamp created_at;
  /// How often its point was reached by whom it is meant for, while it could act.
  std::uint64_t hits = 0;
  /// How often it acted.
  std::uint64_t fired = 0;

  bool is_spent() const { return wanted.count && fired >= *wanted.count; }
};

}  // namespace talaria::supervision
