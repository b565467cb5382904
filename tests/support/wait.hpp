#pragma once

#include <chrono>
#include <thread>

namespace talaria::test {

/// Looks again and again until something holds.
/// @returns false if that takes longer than any test should
template <class Condition>
bool wait_until(Condition holds) {
  constexpr std::chrono::seconds patience{60};
  constexpr std::chrono::milliseconds pause{2};
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace talaria::test
