#pragma once

#include "supervision/actor_card.hpp"

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>

namespace talaria::supervision {

/// Every live actor, by path: `/ingest/subscription-17`. Thread-safe.
///
/// In parts with a lock each, so that a look at many thousand actors holds up none that comes or
/// goes for longer than a part of them takes to visit.
class directory {
public:
  /// Registers an actor, or returns the card of its former incarnation at the same path.
  std::shared_ptr<actor_card> enter(const std::string& path, const std::string& kind,
                                    domain::timestamp now, std::span<const gauge> gauges = {});
  void leave(const std::string& path, domain::timestamp now);

  std::shared_ptr<actor_card> find(const std::string& path) const;

  /// Visits all, in no order. Those that come or go wait while their part is visited: the visitor
  /// must be quick, and must not use the directory.
  template <class Visitor>
  void each(Visitor&& visit) const {
    for (const auto& part : parts_) {
      const std::lock_guard lock{part.mutex};
      for (const auto& [path, card] : part.cards)
        visit(card);
    }
  }

  std::size_t size() const;

  const life_log& lives() const { return lives_; }

private:
  struct part {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<actor_card>> cards;
  };
  static constexpr std::size_t part_count = 64;

  part& part_of(const std::string& path);
  const part& part_of(const std::string& path) const;

  life_log lives_;
  std::array<part, part_count> parts_;
};

}  // namespace talaria::supervision
