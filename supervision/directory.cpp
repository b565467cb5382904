#include "supervision/directory.hpp"

namespace talaria::supervision {

directory::part& directory::part_of(const std::string& path) {
  return parts_.at(std::hash<std::string>{}(path) % part_count);
}

const directory::part& directory::part_of(const std::string& path) const {
  return parts_.at(std::hash<std::string>{}(path) % part_count);
}

std::shared_ptr<actor_card> directory::enter(const std::string& path, const std::string& kind,
                                             domain::timestamp now, std::span<const gauge> gauges) {
  auto& part = part_of(path);
  const std::lock_guard lock{part.mutex};
  auto& card = part.cards[path];
  if (!card) {
    card = std::make_shared<actor_card>(path, kind, now, gauges, &lives_);
    lives_.write({.change = life_change::born, .at = now, .path = path, .kind = kind});
  }
  return card;
}

void directory::leave(const std::string& path, domain::timestamp now) {
  auto& part = part_of(path);
  const std::lock_guard lock{part.mutex};
  const auto known = part.cards.find(path);
  if (known == part.cards.end())
    return;
  lives_.write({.change = life_change::died, .at = now, .path = path, .kind = known->second->kind});
  part.cards.erase(known);
}

std::shared_ptr<actor_card> directory::find(const std::string& path) const {
  const auto& part = part_of(path);
  const std::lock_guard lock{part.mutex};
  const auto found = part.cards.find(path);
  return found == part.cards.end() ? nullptr : found->second;
}

std::size_t directory::size() const {
  std::size_t size = 0;
  for (const auto& part : parts_) {
    const std::lock_guard lock{part.mutex};
    size += part.cards.size();
  }
  return size;
}

}  // namespace talaria::supervision
