#include "supervision/kill_actors.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace talaria::supervision {

void kill_actor(const caf::actor& killed) {
  caf::anon_send<caf::message_priority::high>(
      killed, caf::exit_msg{killed.address(), caf::exit_reason::kill});
}

void kill_actors(const directory& actors,
                 const std::function<bool(const fault_place&)>& is_chosen) {
  std::vector<std::shared_ptr<actor_card>> cards;
  actors.each([&](const auto& card) { cards.push_back(card); });
  // For the same choices from the same seed.
  std::ranges::sort(cards, {}, &actor_card::path);
  for (const auto& card : cards) {
    const auto live = card->handle();
    if (live && is_chosen({.path = card->path, .kind = card->kind, .host = {}}))
      kill_actor(live);
  }
}

}  // namespace talaria::supervision
