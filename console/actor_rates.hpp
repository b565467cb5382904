#pragma once

#include "console/actor.hpp"
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace talaria::console {

struct actor_rate {
  double messages_per_second = 0;
  /// Of one thread's time.
  double busy_fraction = 0;
};

/// How fast counters grow between two looks at them.
///
/// Pure: the caller says when each look was. Looks that follow each other more closely than
/// `span_min` are measured together: what a moment shows says nothing.
class actor_rates {
public:
  using time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds span_min{500};

  /// Forgets the actors that are not in it.
  void take(const actor_page& page, time at);
  void forget() {
    by_path_.clear();
    all_.reset();
  }

  /// @returns nothing after a first look, or if its counters began anew since.
  std::optional<actor_rate> find(const std::string& path) const;
  /// Of all that match, where the server counts them; else of those on the page.
  std::optional<double> messages_per_second() const;

private:
  struct counters {
    std::uint64_t messages = 0;
    std::chrono::microseconds busy{0};
  };
  struct entry {
    counters last;
    time at;
    std::optional<actor_rate> rate;
  };

  static entry follow(const entry* former, const counters& now, time at);

  std::map<std::string, entry> by_path_;
  std::optional<entry> all_;
  /// The sum of a page's actors is no count of all.
  bool all_counted_ = false;
};

}  // namespace talaria::console
