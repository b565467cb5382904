#include "bench/product/cpu_meter.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <numeric>
#include <string>
#include <utility>

namespace talaria::bench {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

nanoseconds to_duration(const timeval& time) {
  return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
}

nanoseconds own_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return to_duration(usage.ru_utime) + to_duration(usage.ru_stime);
}

}  // namespace

cpu_meter::cpu_meter(time_so_far product, time_so_far store)
    : product_(std::move(product)), store_(std::move(store)), start_(read()) {
}

cpu_meter::times cpu_meter::read() const {
  enum : std::size_t { user, nice, system, idle, io_wait, irq, soft_irq, steal, fields };
  std::array<long long, fields> ticks{};
  std::ifstream file{"/proc/stat"};
  std::string name;
  file >> name;
  for (auto& field : ticks)
    file >> field;
  const auto tick = nanoseconds{1s} / ::sysconf(_SC_CLK_TCK);
  return {.busy = tick * (ticks[user] + ticks[nice] + ticks[system] + ticks[steal]),
          .total = tick * std::accumulate(ticks.begin(), ticks.end(), 0LL),
          .own = own_time(),
          .product = product_ ? product_() : nanoseconds{0},
          .store = store_ ? store_() : nanoseconds{0}};
}

double cpu_meter::others() const {
  const auto now = read();
  const auto total = now.total - start_.total;
  const auto known =
      (now.own - start_.own) + (now.product - start_.product) + (now.store - start_.store);
  const auto others = (now.busy - start_.busy) - known;
  if (total.count() <= 0)
    return 0;
  const auto part = std::chrono::duration<double>{others} / std::chrono::duration<double>{total};
  return std::clamp(part, 0.0, 1.0);
}

nanoseconds cpu_meter::product() const {
  return read().product - start_.product;
}

nanoseconds cpu_meter::store() const {
  return read().store - start_.store;
}

}  // namespace talaria::bench
