#pragma once

#include "bench/product/api_client.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace talaria::bench {

/// Watches how many deliveries wait, from its start to `finish`, on a thread of its own.
class backlog_watch {
public:
  explicit backlog_watch(const api_client& api);
  ~backlog_watch();

  struct course {
    double first_third_mean = 0;
    double last_third_mean = 0;
    std::uint64_t max = 0;
    /// When it was finished.
    product_counters end;
  };
  /// @throws std::runtime_error if Talaria stopped answering.
  course finish();

private:
  void run();

  const api_client& api_;
  std::mutex mutex_;
  std::condition_variable finished_;
  bool finishing_ = false;
  std::vector<std::uint64_t> waiting_;
  std::thread thread_;
};

}  // namespace talaria::bench
