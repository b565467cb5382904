#include "actors/observation.hpp"

#include <spdlog/spdlog.h>

namespace talaria::actors {

namespace {

/// What is only counted below this is worth a line in the log.
constexpr std::chrono::seconds noteworthy{1};

}  // namespace

supervision::observer make_observer(metrics& counted) {
  using supervision::actor_card;
  supervision::observer made;
  made.on_slow = [&counted](const actor_card& card, std::chrono::microseconds took) {
    counted.actor_slow_messages(card.kind).Increment();
    if (took >= noteworthy)
      spdlog::warn("{} took {} ms for one message", card.path, took.count() / 1'000);
  };
  made.on_backlog = [&counted](const actor_card& card) {
    counted.actor_backlogs(card.kind).Increment();
    spdlog::warn("{} messages wait for {}", card.mailbox_depth.load(), card.path);
  };
  made.on_dead_letters = [&counted](const actor_card& card, std::uint64_t messages) {
    counted.actor_dead_letters(card.kind).Increment(static_cast<double>(messages));
  };
  return made;
}

}  // namespace talaria::actors
