#include "http/address_quota.hpp"

#include <algorithm>
#include <utility>

namespace talaria::http {

address_quota::place& address_quota::place::operator=(place&& other) noexcept {
  std::swap(quota_, other.quota_);
  std::swap(of_, other.of_);
  return *this;
}

address_quota::place::~place() {
  if (quota_) {
    quota_->give_back(of_);
  }
}

std::optional<address_quota::place> address_quota::take(const delivery::ip_address& client) {
  if (connections_max_ == 0) {
    return place{};
  }
  const std::scoped_lock lock(mutex_);
  std::size_t& count = connections_[key_of(client)];
  if (count >= connections_max_) {
    return std::nullopt;
  }
  ++count;
  return place{shared_from_this(), client};
}

void address_quota::give_back(const delivery::ip_address& client) {
  const std::scoped_lock lock(mutex_);
  const auto found = connections_.find(key_of(client));
  if (--found->second == 0) {
    connections_.erase(found);
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
