#include "bench/load/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace talaria::load {

namespace {

using std::chrono::nanoseconds;

/// Each power of two is cut into so many buckets: the relative error is one of it.
constexpr unsigned steps_bits = 7;
constexpr std::uint64_t steps = std::uint64_t{1} << steps_bits;
constexpr unsigned longest_bits = 40;
constexpr std::size_t buckets_count = (longest_bits - steps_bits + 1) * steps;

static_assert(latency_histogram::longest.count() == (std::int64_t{1} << longest_bits) - 1);

/// Values below `steps` have a bucket each; above, a bucket holds all that agree in their first
/// `steps_bits + 1` bits.
std::size_t bucket_of(std::uint64_t value) {
  if (value < steps)
    return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - steps_bits - 1;
  return (shift + 1) * steps + ((value >> shift) - steps);
}

nanoseconds end_of(std::size_t bucket) {
  if (bucket < steps)
    return nanoseconds{bucket};
  const auto shift = bucket / steps - 1;
  const auto next = (bucket % steps + steps + 1) << shift;
  return nanoseconds{next - 1};
}

}  // namespace

latency_histogram::latency_histogram() : buckets_(buckets_count) {
}

void latency_histogram::record(nanoseconds duration) {
  const auto counted = std::clamp(duration, nanoseconds{0}, longest);
  ++buckets_.at(bucket_of(static_cast<std::uint64_t>(counted.count())));
  ++count_;
  sum_ += counted;
  max_ = std::max(max_, counted);
}

void latency_histogram::merge(const latency_histogram& other) {
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket)
    buckets_[bucket] += other.buckets_[bucket];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

nanoseconds latency_histogram::quantile(double fraction) const {
  if (count_ == 0)
    return nanoseconds{0};
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted)
      return std::min(end_of(bucket), max_);
  }
  return max_;
}

nanoseconds latency_histogram::mean() const {
  if (count_ == 0)
    return nanoseconds{0};
  return sum_ / static_cast<std::int64_t>(count_);
}

}  // namespace talaria::load
