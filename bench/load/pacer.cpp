#include "bench/load/pacer.hpp"

namespace talaria::load {

pacer::time pacer::next_due() const {
  const std::chrono::duration<double> since_start{static_cast<double>(taken_) / per_second_};
  return start_ + std::chrono::round<std::chrono::nanoseconds>(since_start);
}

pacer::time pacer::take() {
  const auto due = next_due();
  ++taken_;
  return due;
}

}  // namespace talaria::load
