#pragma once

#include "chaos/history.hpp"
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace talaria::chaos {

/// Everything that a history knows of one event for one subscription.
struct known_delivery {
  std::vector<const reception*> receptions;
  std::vector<const logged_attempt*> attempts;
  /// The first one that the store has.
  const final_state* final = nullptr;
  /// More than one: the store contradicts itself.
  std::size_t finals = 0;
};

/// Views into the history that it was made from, which must outlive it.
class delivery_index {
public:
  /// Event and subscription.
  using key = std::pair<std::string_view, std::string_view>;

  explicit delivery_index(const history& history);

  /// Null if nothing is known of it.
  const known_delivery* find(std::string_view event_id, std::string_view subscription) const;
  /// Null if nobody submitted it.
  const submission* find_submission(std::uint64_t number) const;

  const std::map<key, known_delivery>& all() const { return deliveries_; }

private:
  std::map<key, known_delivery> deliveries_;
  std::unordered_map<std::uint64_t, const submission*> submissions_;
};

/// For people.
std::string to_string(const delivery_index::key& key);

}  // namespace talaria::chaos
