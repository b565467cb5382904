#pragma once

#include <chrono>
#include <functional>

namespace talaria::bench {

/// How much of the machine's processors this benchmark, Talaria and its store did not use and
/// others did, since construction: how noisy a measurement was.
class cpu_meter {
public:
  using time_so_far = std::function<std::chrono::nanoseconds()>;

  /// @param product Talaria's; empty if none is running.
  /// @param store The database server's; empty if there is none.
  explicit cpu_meter(time_so_far product = {}, time_so_far store = {});

  /// In [0, 1] of all processors.
  double others() const;
  /// Talaria's own time.
  std::chrono::nanoseconds product() const;
  /// The database server's.
  std::chrono::nanoseconds store() const;

private:
  struct times {
    std::chrono::nanoseconds busy{0};
    std::chrono::nanoseconds total{0};
    std::chrono::nanoseconds own{0};
    std::chrono::nanoseconds product{0};
    std::chrono::nanoseconds store{0};
  };
  times read() const;

  const time_so_far product_;
  const time_so_far store_;
  times start_;
};

}  // namespace talaria::bench
