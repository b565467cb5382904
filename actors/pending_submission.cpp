#include "actors/pending_submission.hpp"

#include <utility>

namespace talaria::actors {

bool admission::enter() {
  if (in_progress_.fetch_add(1, std::memory_order_relaxed) < submissions_max_)
    return true;
  leave();
  return false;
}

pending_submission::~pending_submission() {
  answer(domain::fail(domain::ec::store_unavailable,
                      "it is unknown whether the submission was stored; submit it again with its "
                      "idempotency key"));
  admission_.leave();
}

void pending_submission::answer(domain::result<submission_answer> answer) {
  if (const auto done = std::exchange(content_.done, nullptr))
    done(std::move(answer));
}

}  // namespace talaria::actors
