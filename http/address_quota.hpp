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

/// How much of something each client address holds (connections, bytes of bodies), and that none
/// has more than its share. Thread-safe.
///
/// An IPv6 client is its /64: whoever has one of its addresses has all.
class address_quota : public std::enable_shared_from_this<address_quota> {
public:
  /// Counts what an address holds, or nothing, until its end.
  class place {
  public:
    place() = default;
    place(place&&) = default;
    place& operator=(place&& other) noexcept;
    ~place();

  private:
    friend address_quota;
    place(std::shared_ptr<address_quota> quota, const delivery::ip_address& of, std::size_t units)
        : quota_(std::move(quota)), of_(of), units_(units) {}

    std::shared_ptr<address_quota> quota_;
    delivery::ip_address of_;
    std::size_t units_ = 0;
  };

  /// @param units_max Of one address; 0 for as many as there may be.
  explicit address_quota(std::size_t units_max) : units_max_(units_max) {}

  /// @returns nothing if the address would have more than its share.
  std::optional<place> take(const delivery::ip_address& client, std::size_t units = 1);

private:
  /// The family, then the bytes that tell clients apart.
  using key = std::array<std::uint8_t, 9>;

  static key key_of(const delivery::ip_address& client);
  void give_back(const delivery::ip_address& client, std::size_t units);

  const std::size_t units_max_;
  std::mutex mutex_;
  /// Of those who hold any.
  std::map<key, std::size_t> held_;
};

}  // namespace talaria::http
