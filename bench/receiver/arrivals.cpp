#include "bench/receiver/arrivals.hpp"

#include "bench/load/event_payload.hpp"

#include <algorithm>
#include <chrono>

namespace talaria::bench {

void arrivals::take(const received_request& request) {
  const auto now = std::chrono::steady_clock::now();
  const auto stamp = load::read_stamp(request.body);
  const std::scoped_lock lock{mutex_};
  if (!stamp || stamp->sequence >= sequence_max) {
    ++summary_.foreign;
  } else if (is_first(request.target, stamp->sequence)) {
    ++summary_.first;
    summary_.latency.record(now - stamp->submitted);
    first_.fetch_add(1, std::memory_order_relaxed);
  } else {
    ++summary_.repeated;
  }
}

bool arrivals::is_first(std::string_view receiver, std::uint64_t sequence) {
  auto found = seen_.find(receiver);
  if (found == seen_.end())
    found = seen_.try_emplace(std::string{receiver}).first;
  auto& seen = found->second;
  if (sequence >= seen.size())
    seen.resize(std::max<std::size_t>(sequence + 1, 2 * seen.size()));
  const bool repeated = seen[sequence];
  seen[sequence] = true;
  return !repeated;
}

arrivals::summary arrivals::summarize() const {
  const std::scoped_lock lock{mutex_};
  return summary_;
}

}  // namespace talaria::bench
