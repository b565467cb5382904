#include "http/fresh_id.hpp"

#include <chrono>
#include <mutex>
#include <random>

namespace talaria::http {
namespace {

std::mt19937_64 seeded_generator() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

}  // namespace

domain::uuid fresh_id(domain::timestamp now) {
  // One sequence for all threads: what a client creates one after the other is listed in that
  // order, whichever threads did it and within however short a time.
  static std::mutex mutex;
  static std::mt19937_64 generator = seeded_generator();
  static domain::uuid_sequence sequence;
  const std::scoped_lock lock(mutex);
  return sequence.next(now, generator());
}

domain::timestamp system_time() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace talaria::http
