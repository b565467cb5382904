#include "supervision/life_log.hpp"

#include <algorithm>
#include <utility>

namespace talaria::supervision {

void life_log::write(life_event event) {
  const std::lock_guard lock{mutex_};
  event.sequence = ++last_sequence_;
  if (events_.size() == events_max_)
    events_.pop_front();
  events_.push_back(std::move(event));
}

life_log::page life_log::after(std::uint64_t sequence, std::size_t events_max) const {
  const std::lock_guard lock{mutex_};
  const auto oldest = last_sequence_ - events_.size() + 1;
  const auto wanted = std::max(sequence + 1, oldest);
  page found{.events = {}, .incomplete = sequence + 1 < oldest};
  for (auto next = wanted; next <= last_sequence_ && found.events.size() < events_max; ++next)
    found.events.push_back(events_[static_cast<std::size_t>(next - oldest)]);
  return found;
}

std::uint64_t life_log::last_sequence() const {
  const std::lock_guard lock{mutex_};
  return last_sequence_;
}

}  // namespace talaria::supervision
