#pragma once

#include "supervision/actor_card.hpp"

#include <array>
#include <chrono>
#include <cstdint>

namespace talaria::actors {

/// What the cards of the actors that commit groups show.
inline constexpr std::array<supervision::gauge, 4> writer_gauges{"waiting", "last_batch",
                                                                 "last_commit_us", "commits"};

/// Shows one commit on its writer's card, in the order of `writer_gauges`.
class commit_display {
public:
  explicit commit_display(supervision::actor_card& card) : card_(card) {}

  /// @param rows In the group that was committed.
  /// @param waiting Rows that came meanwhile.
  void committed(std::size_t rows, std::size_t waiting) {
    const auto took =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_at_);
    card_.set_gauge(0, static_cast<std::int64_t>(waiting));
    card_.set_gauge(1, static_cast<std::int64_t>(rows));
    card_.set_gauge(2, took.count());
    card_.set_gauge(3, card_.read_gauge(3) + 1);
  }

private:
  supervision::actor_card& card_;
  const std::chrono::steady_clock::time_point began_at_ = std::chrono::steady_clock::now();
};

}  // namespace talaria::actors
