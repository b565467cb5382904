#include "actors/attempt_order.hpp"

#include <utility>

namespace talaria::actors {

attempt_order::~attempt_order() {
  attempt_result aborted;
  aborted.attempt.number = ordered_.number;
  aborted.attempt.error = domain::attempt_error::aborted;
  finish(std::move(aborted));
}

domain::priority attempt_order::priority() const {
  return ordered_.subscription->settings.priority.value_or(ordered_.event->priority);
}

void attempt_order::finish(attempt_result result) {
  if (const auto done = std::exchange(done_, nullptr))
    done(std::move(result));
}

}  // namespace talaria::actors
