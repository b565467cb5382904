#include "http/fresh_id.hpp"

#include <chrono>
#include <random>

namespace talaria::http {

domain::uuid fresh_id(domain::timestamp now) {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  thread_local domain::uuid_sequence sequence;
  return sequence.next(now, generator());
}

domain::timestamp system_time() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace talaria::http
