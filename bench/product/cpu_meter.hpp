#pragma once

#include <chrono>
#include <functional>

namespace talaria::bench {

/// How much of the machine's processors this benchmark and Talaria did not use and others did,
/// since construction: how noisy a measurement was.
class cpu_meter {
public:
  /// @param product Talaria's time so far; empty if none is running.
  explicit cpu_meter(std::function<std::chrono::nanoseconds()> product = {});

  /// In [0, 1] of all processors.
  double others() const;
  /// Talaria's own time.
  std::chrono::nanoseconds product() const;

private:
  struct times {
    std::chrono::nanoseconds busy{0};
    std::chrono::nanoseconds total{0};
    std::chrono::nanoseconds own{0};
    std::chrono::nanoseconds product{0};
  };
  times read() const;

  std::function<std::chrono::nanoseconds()> product_;
  times start_;
};

}  // namespace talaria::bench
