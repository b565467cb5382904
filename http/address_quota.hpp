#pragma once

#include "delivery/address_guard.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace talaria::http {

/// How many connections each client address has open, and that none has more than its share.
/// Thread-safe.
///
/// An IPv6 client is its /64: whoever has one of its addresses has all.
class address_quota : public std::enable_shared_from_this<address_quota> {
public:
  /// Counts one connection of an address, or of nobody, until its end.
  class place {
  public:
    place() = default;
    place(place&&) = default;
    place& operator=(place&& other) noexcept;
    ~place();

  private:
    friend address_quota;
    place(std::shared_ptr<address_quota> quota, const delivery::ip_address& of)
        : quota_(std::move(quota)), of_(of) {}

    std::shared_ptr<address_quota> quota_;
    delivery::ip_address of_;
  };

  /// @param connections_max Of one address; 0 for as many as there may be.
  explicit address_quota(std::size_t connections_max) : connections_max_(connections_max) {}

  /// @returns nothing if the address has its share.
  std::optional<place> take(const delivery::ip_address& client);

private:
  /// The family, then the bytes that tell clients apart.
  using key = std::array<std::uint8_t, 9>;

  static key key_of(const delivery::ip_address& client);
  void give_back(const delivery::ip_address& client);

  const std::size_t connections_max_;
  std::mutex mutex_;
  std::map<key, std::size_t> connections_;
};

}  // namespace talaria::http
