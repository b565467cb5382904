#include "http/address_quota.hpp"

#include <algorithm>
#include <utility>

namespace talaria::http {

address_quota::place& address_quota::place::operator=(place&& other) noexcept {
  std::swap(quota_, other.quota_);
  std::swap(of_, other.of_);
  std::swap(units_, other.units_);
  return *this;
}

address_quota::place::~place() {
  if (quota_) {
    quota_->give_back(of_, units_);
  }
}

std::optional<address_quota::place> address_quota::take(const delivery::ip_address& client,
                                                        std::size_t units) {
  if (units_max_ == 0 || units == 0) {
    return place{};
  }
  const key whose = key_of(client);
  const std::scoped_lock lock(mutex_);
  const auto found = held_.find(whose);
  const std::size_t held = found == held_.end() ? 0 : found->second;
  if (units > units_max_ - held) {
    return std::nullopt;
  }
  held_[whose] = held + units;
  return place{shared_from_this(), client, units};
}

void address_quota::give_back(const delivery::ip_address& client, std::size_t units) {
  const std::scoped_lock lock(mutex_);
  const auto found = held_.find(key_of(client));
  found->second -= units;
  if (found->second == 0) {
    held_.erase(found);
  }
}

address_quota::key address_quota::key_of(const delivery::ip_address& client) {
  constexpr std::size_t bytes_v4 = 4;
  constexpr std::size_t bytes_v6 = 8;
  key made{};
  made[0] = client.v6 ? 1 : 0;
  std::copy_n(client.bytes.begin(), client.v6 ? bytes_v6 : bytes_v4, made.begin() + 1);
  return made;
}

}  // namespace talaria::http
