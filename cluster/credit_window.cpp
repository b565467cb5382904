#include "cluster/credit_window.hpp"

namespace talaria::cluster {

std::uint64_t credit_window::add(std::size_t bytes, time_point now) {
  sent_.push_back({bytes, now});
  bytes_ += bytes;
  return last_acknowledged_ + sent_.size();
}

std::optional<std::chrono::nanoseconds> credit_window::acknowledge(std::uint64_t sequence,
                                                                   time_point now) {
  const bool is_news =
      sequence > last_acknowledged_ && sequence - last_acknowledged_ <= sent_.size();
  if (!is_news)
    return std::nullopt;
  std::chrono::nanoseconds round_trip{};
  for (; last_acknowledged_ < sequence; ++last_acknowledged_) {
    round_trip = now - sent_.front().since;
    bytes_ -= sent_.front().bytes;
    sent_.pop_front();
  }
  return round_trip;
}

}  // namespace talaria::cluster
