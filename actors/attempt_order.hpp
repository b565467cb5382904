#pragma once

#include "domain/attempt.hpp"
#include "domain/event.hpp"
#include "domain/subscription.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace talaria::actors {

struct attempt_result {
  domain::attempt attempt;
  /// What the receiver wished for, if it answered 429 or 503.
  std::optional<std::chrono::seconds> retry_after;
};

/// One attempt to be made. Whatever becomes of the actors and the engine it passes through, it
/// ends: one that is destroyed without a result reports `attempt_error::aborted`.
class attempt_order {
public:
  using completion = std::function<void(attempt_result)>;

  struct content {
    std::shared_ptr<const domain::subscription> subscription;
    std::shared_ptr<const domain::event> event;
    std::uint32_t number = 0;
    /// Of an ordered subscription.
    std::optional<std::uint64_t> sequence{};
  };

  attempt_order(content ordered, completion done)
      : ordered_(std::move(ordered)), done_(std::move(done)) {}
  attempt_order(const attempt_order&) = delete;
  attempt_order& operator=(const attempt_order&) = delete;
  ~attempt_order();

  const content& ordered() const { return ordered_; }
  domain::priority priority() const;

  /// The first result counts. Called on any thread.
  void finish(attempt_result result);

private:
  content ordered_;
  completion done_;
};

}  // namespace talaria::actors
