#include "chaos/delivery_index.hpp"

#include <fmt/format.h>

namespace talaria::chaos {

delivery_index::delivery_index(const history& history) {
  for (const auto& each : history.submissions)
    submissions_.emplace(each.number, &each);
  for (const auto& each : history.receptions)
    deliveries_[{each.event_id, each.subscription}].receptions.push_back(&each);
  for (const auto& each : history.attempts)
    deliveries_[{each.event_id, each.subscription}].attempts.push_back(&each);
  for (const auto& each : history.finals) {
    auto& known = deliveries_[{each.event_id, each.subscription}];
    if (known.finals++ == 0)
      known.final = &each;
  }
}

const known_delivery* delivery_index::find(std::string_view event_id,
                                           std::string_view subscription) const {
  const auto found = deliveries_.find({event_id, subscription});
  return found == deliveries_.end() ? nullptr : &found->second;
}

const submission* delivery_index::find_submission(std::uint64_t number) const {
  const auto found = submissions_.find(number);
  return found == submissions_.end() ? nullptr : found->second;
}

std::string to_string(const delivery_index::key& key) {
  return fmt::format("event {} for {}", key.first, key.second);
}

}  // namespace talaria::chaos
