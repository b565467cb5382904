#pragma once

#include "domain/time.hpp"

#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace talaria::simulation {

/// What happens outside the actors, by the true time.
class agenda {
public:
  using deed = std::function<void()>;

  void at(domain::timestamp when, deed what) { deeds_.emplace(when, std::move(what)); }

  std::optional<domain::timestamp> next() const {
    return deeds_.empty() ? std::nullopt : std::optional{deeds_.begin()->first};
  }

  /// Does what is due, one after the other in the order of their times; a deed may add others.
  void run_due(domain::timestamp now) {
    while (!deeds_.empty() && deeds_.begin()->first <= now) {
      const auto what = std::move(deeds_.begin()->second);
      deeds_.erase(deeds_.begin());
      what();
    }
  }

  void clear() { deeds_.clear(); }

private:
  std::multimap<domain::timestamp, deed> deeds_;
};

}  // namespace talaria::simulation
