#pragma once

#include <cstddef>
#include <cstdint>

namespace talaria::simulation {

/// Draws everything that a schedule leaves to chance: the same seed gives the same draws, on every
/// machine (SplitMix64).
class dice {
public:
  explicit dice(std::uint64_t seed) : state_{seed} {}

  std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31U);
  }

  /// From [0, 1).
  double fraction() { return static_cast<double>(bits() >> 11U) * 0x1p-53; }
  bool chance(double probability) { return fraction() < probability; }
  /// From [0, count). @pre count > 0
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(bits() % count); }
  /// Both included.
  std::int64_t between(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(below(static_cast<std::size_t>(to - from + 1)));
  }

private:
  std::uint64_t state_;
};

}  // namespace talaria::simulation
