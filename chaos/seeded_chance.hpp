#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace talaria::chaos {

/// Random numbers that follow from their seed alone, on every machine: the distributions of the
/// standard library may differ, its engines may not.
class seeded_chance {
public:
  explicit seeded_chance(std::uint64_t seed) : engine_{seed} {}

  std::uint64_t number() { return engine_(); }
  /// In [0, 1).
  double fraction() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  /// In [0, bound). @pre bound > 0; small beside 2^64.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  std::chrono::milliseconds between(std::chrono::milliseconds min, std::chrono::milliseconds max) {
    return min +
           std::chrono::milliseconds{below(static_cast<std::uint64_t>((max - min).count()) + 1)};
  }

private:
  std::mt19937_64 engine_;
};

}  // namespace talaria::chaos
