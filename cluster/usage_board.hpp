#pragma once

#include "cluster/peer_message.hpp"
#include "cluster/time.hpp"
#include "domain/id.hpp"
#include "domain/sliding_window.hpp"

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace talaria::cluster {

/// What organizations ask of each node, by which nodes divide the limits of an organization among
/// themselves: each admits its part, which follows the part of the demand that it saw. Of an
/// organization that asked for nothing, or while it is not known what the others see, that is an
/// equal part.
///
/// The parts of all nodes add up to one if all know the same; they are told each other's counts
/// once in an interval, so that a sudden change is answered by too little rather than by too much.
///
/// A limit is a whole number, its parts are not. So the nodes stand side by side, each as wide as
/// its part, on a ruler whose marks are as many as the limit allows; a node has the marks above it,
/// and with every turn the ruler is moved a little.
///
/// Thread-safe. Memory is bounded by the organizations that asked for something of late.
class usage_board {
public:
  enum class kind : std::uint8_t { requests, events };

  /// @param self This node's incarnation.
  explicit usage_board(std::string self) : self_{std::move(self)} {}

  /// Somebody asked for so much, allowed or not.
  void asked(const domain::organization_id& organization, kind what, std::uint64_t amount);

  /// This node's part of a limit that is not 0: more than nothing, at most all of it.
  /// @param turn Counts windows of time, the same on all nodes as far as their clocks agree.
  domain::sliding_window::quota part_of(std::uint32_t limit,
                                        const domain::organization_id& organization, kind what,
                                        std::uint64_t turn) const;

  /// Once in an interval: what was asked since the last time, for the others.
  usage close_interval(uptime now);
  void told(std::string_view incarnation, const usage& of_other, uptime now);
  /// The nodes that there are, this one included.
  void set_nodes(std::span<const std::string> incarnations, uptime now);

private:
  /// Beyond it, what a node asked for is unknown.
  static constexpr uptime remembered{std::chrono::seconds{3}};

  struct demand {
    std::uint64_t requests = 0;
    std::uint64_t events = 0;
  };
  using demands = std::unordered_map<domain::organization_id, demand>;

  struct other {
    demands last;
    uptime told_at{};
  };

  /// Where a node begins and ends if all of them reach from 0 to 1.
  struct place {
    double begin = 0;
    double end = 1;
  };

  place place_of(const domain::organization_id& organization, kind what) const;
  /// @pre `mutex_` is locked
  void see_who_is_known(uptime now);
  static std::uint64_t of(const demands& all, const domain::organization_id& organization,
                          kind what);

  const std::string self_;
  mutable std::mutex mutex_;
  demands current_;
  demands last_;
  std::unordered_map<std::string, other> others_;
  /// Whether every other node told of its last interval.
  bool all_known_ = true;
};

}  // namespace talaria::cluster
