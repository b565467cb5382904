#pragma once

#include "actors/gateway.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace talaria::actors {

/// Counts what was admitted and not yet answered. Must outlive the actor system.
class admission {
public:
  explicit admission(std::int64_t submissions_max) : submissions_max_(submissions_max) {}

  /// @returns whether there was room; if so, `leave` must follow.
  bool enter();
  void leave() { in_progress_.fetch_sub(1, std::memory_order_relaxed); }

  std::int64_t in_progress() const { return in_progress_.load(std::memory_order_relaxed); }
  std::int64_t submissions_max() const { return submissions_max_; }

private:
  const std::int64_t submissions_max_;
  std::atomic<std::int64_t> in_progress_{0};
};

/// A submission on its way through the actors. Whatever becomes of them, it is answered: one that
/// is destroyed without an answer (its actor died) reports `ec::store_unavailable`, since it may or
/// may not have been committed.
class pending_submission {
public:
  /// @pre `admission.enter()` returned true; the place is given back on destruction.
  pending_submission(submission content, admission& admission)
      : content_(std::move(content)), admission_(admission) {}
  pending_submission(const pending_submission&) = delete;
  pending_submission& operator=(const pending_submission&) = delete;
  ~pending_submission();

  std::vector<event_draft>& drafts() { return content_.events; }

  /// The first answer counts.
  void answer(domain::result<submission_answer> answer);

private:
  submission content_;
  admission& admission_;
};

}  // namespace talaria::actors
