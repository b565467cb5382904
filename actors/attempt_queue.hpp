#pragma once

#include "actors/attempt_order.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>

namespace talaria::actors {

/// The order in which attempts are started when more are wanted than may be under way.
///
/// Of the priorities that have something waiting, high is served six times, normal three times and
/// low once in ten, so that none starves. Within a priority the subscription with the fewest
/// attempts under way comes first: a thousand receivers that never answer take turns with each
/// other, while one that answers at once finds the next free place. Among equals, first come, first
/// served. Passive.
class attempt_queue {
public:
  /// Whose turn it can be: anybody's, or only that of subscriptions with nothing under way.
  enum class turn_of : std::uint8_t { anybody, idle };

  void push(std::shared_ptr<attempt_order> order);

  /// The order taken counts as under way until `ended`.
  /// @returns null if nothing waits whose turn it can be.
  std::shared_ptr<attempt_order> pop(turn_of whose);
  void ended(domain::subscription_number subscription);

  std::size_t waiting() const { return waiting_; }
  std::size_t waiting(domain::priority of) const {
    return lines_.at(static_cast<std::size_t>(of)).orders;
  }
  std::size_t under_way() const { return under_way_; }

private:
  /// Attempts under way, when the first that waits came, and whose they are.
  using rank = std::tuple<std::size_t, std::uint64_t, domain::subscription_number>;

  struct arrival {
    std::uint64_t number = 0;
    std::shared_ptr<attempt_order> order;
  };

  struct line {
    std::unordered_map<domain::subscription_number, std::deque<arrival>> waiting;
    std::set<rank> ranks;
    std::size_t orders = 0;
  };

  enum class change : std::uint8_t { one_more, one_less };

  std::size_t under_way_of(domain::subscription_number subscription) const;
  /// To be called around every change of the attempts under way, or of the first that waits.
  void remove_rank(line& of, domain::subscription_number subscription);
  void add_rank(line& of, domain::subscription_number subscription);
  void change_under_way(domain::subscription_number subscription, change by);
  std::shared_ptr<attempt_order> take_first(line& from);

  std::array<line, 3> lines_;
  std::unordered_map<domain::subscription_number, std::size_t> under_way_by_;
  std::size_t turn_ = 0;
  std::uint64_t arrivals_ = 0;
  std::size_t waiting_ = 0;
  std::size_t under_way_ = 0;
};

}  // namespace talaria::actors
