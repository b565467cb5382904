#pragma once

#include "domain/time.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace talaria::supervision {

enum class life_change : std::uint8_t {
  born,
  died,
  failed,
  restarted,
  quarantined,
  released,
  noted,  ///< something of the kind's own: a circuit breaker that opened
};

/// What happened to an actor.
struct life_event {
  /// From 1, without gaps.
  std::uint64_t sequence = 0;
  life_change change{};
  domain::timestamp at;
  std::string path{};
  std::string kind{};
  /// Why it failed; or, of `noted`, the new value.
  std::string text{};
  /// Of `noted`: what changed.
  std::string topic{};
};

/// The last life events, for those who watch. Thread-safe; bounded; writers never wait for readers.
class life_log {
public:
  explicit life_log(std::size_t events_max = 4'096) : events_max_(events_max) {}

  /// Gives the event its sequence.
  void write(life_event event);

  struct page {
    std::vector<life_event> events;
    /// Some after `sequence` are forgotten already.
    bool incomplete = false;
  };
  /// What came after, oldest first.
  page after(std::uint64_t sequence, std::size_t events_max) const;

  std::uint64_t last_sequence() const;

private:
  const std::size_t events_max_;
  mutable std::mutex mutex_;
  std::deque<life_event> events_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace talaria::supervision
