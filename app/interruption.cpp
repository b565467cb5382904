#include "app/interruption.hpp"

#include <atomic>
#include <cstddef>

namespace talaria::app {

namespace {

static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");
std::atomic<bool> interrupted = false;

}  // namespace

interruption::interruption() {
  interrupted = false;
  struct sigaction wanted {};
  wanted.sa_handler = [](int) { interrupted = true; };
  wanted.sa_flags = static_cast<int>(SA_RESETHAND);
  for (std::size_t index = 0; index < signals.size(); ++index)
    sigaction(signals[index], &wanted, &former_[index]);
}

interruption::~interruption() {
  for (std::size_t index = 0; index < signals.size(); ++index)
    sigaction(signals[index], &former_[index], nullptr);
}

bool interruption::happened() {
  return interrupted.load(std::memory_order_relaxed);
}

}  // namespace talaria::app
