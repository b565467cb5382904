#include "bench/scenarios/backlog.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <stdexcept>

namespace talaria::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 100ms;

using counts = std::vector<std::uint64_t>;

double mean(counts::const_iterator begin, counts::const_iterator end) {
  if (begin == end)
    return 0;
  return static_cast<double>(std::accumulate(begin, end, std::uint64_t{0})) /
         static_cast<double>(end - begin);
}

}  // namespace

backlog_watch::backlog_watch(const api_client& api) : api_{api}, thread_{[this] { run(); }} {
}

backlog_watch::~backlog_watch() {
  if (thread_.joinable())
    finish();
}

void backlog_watch::run() {
  std::unique_lock lock{mutex_};
  while (!finished_.wait_for(lock, look_interval, [this] { return finishing_; })) {
    try {
      const auto counters = api_.counters();
      waiting_.push_back(counters.created - counters.delivered - counters.dead);
    } catch (const std::runtime_error&) {
      // One look that fails is no finding; Talaria's end shows in `finish`.
    }
  }
}

backlog_watch::course backlog_watch::finish() {
  {
    const std::scoped_lock lock{mutex_};
    finishing_ = true;
  }
  finished_.notify_one();
  thread_.join();
  const auto third = static_cast<std::ptrdiff_t>(waiting_.size() / 3);
  return {.first_third_mean = mean(waiting_.begin(), waiting_.begin() + third),
          .last_third_mean = mean(waiting_.end() - third, waiting_.end()),
          .max = waiting_.empty() ? 0 : *std::max_element(waiting_.begin(), waiting_.end()),
          .end = api_.counters()};
}

}  // namespace talaria::bench
