#include "persistence/membership.hpp"

namespace talaria::persistence {

shard_id shard_of(const domain::subscription_id& id) {
  constexpr std::uint64_t offset_basis = 14695981039346656037ULL;
  constexpr std::uint64_t prime = 1099511628211ULL;
  std::uint64_t hash = offset_basis;
  for (const auto byte : id.value.bytes)
    hash = (hash ^ byte) * prime;
  return shard_id{static_cast<std::uint16_t>(hash % shard_count)};
}

}  // namespace talaria::persistence
