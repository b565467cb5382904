#pragma once

#include "domain/id.hpp"
#include "domain/time.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

namespace talaria::actors {

/// Which event a subscription's actor works on: what its supervisor finds when it has failed.
/// Written by the actor, and read once it is down.
struct event_at_hand {
  std::optional<domain::event_id> event;

  /// Names the event while it lives; the name stays if an exception ends it.
  class mark {
  public:
    mark(event_at_hand& at_hand, const domain::event_id& event);
    mark(const mark&) = delete;
    mark& operator=(const mark&) = delete;
    ~mark();

  private:
    event_at_hand& at_hand_;
    const int exceptions_;
  };
};

/// Finds the events whose handling makes their subscription's actor fail, so that they can be set
/// aside before they take the subscription with them. Pure; not thread-safe.
class poison_watch {
public:
  static constexpr std::uint32_t tries_max = 3;
  /// A failure this long ago says nothing about the next.
  static constexpr std::chrono::minutes memory{10};

  /// The actor failed with this event at hand. @returns how often it did.
  std::uint32_t failed(const domain::event_id& event, domain::timestamp now);

  /// Those that failed as often as they may: to be ended without another look.
  const std::set<domain::event_id>& isolated() const { return isolated_; }

  /// It is recorded as dead. If somebody asks for it again, it may be tried as a fresh one.
  void settled(const domain::event_id& event) { isolated_.erase(event); }

private:
  struct record {
    std::uint32_t failures = 0;
    domain::timestamp last;
  };
  std::map<domain::event_id, record> suspects_;
  std::set<domain::event_id> isolated_;
};

}  // namespace talaria::actors
