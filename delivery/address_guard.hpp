#pragma once

#include "domain/error.hpp"

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::delivery {

/// An IPv4 or IPv6 address; IPv4-mapped ones are held as IPv4.
struct ip_address {
  bool v6 = false;
  /// Network order; IPv4 uses the first four.
  std::array<std::uint8_t, 16> bytes{};

  bool operator==(const ip_address&) const = default;
};

/// Accepts the canonical forms only: four decimal numbers, or RFC 4291 without a zone. Others that
/// a resolver takes (`0x7f.1`, `2130706433`) are names here.
domain::result<ip_address> parse_ip_address(std::string_view text);
/// @pre the family is AF_INET or AF_INET6
ip_address to_ip_address(const sockaddr& address);
std::string to_string(const ip_address& address);

/// An address and the number of its leading bits that count, as in `10.0.0.0/8`.
struct network {
  ip_address address;
  std::uint8_t prefix_bits = 0;

  bool contains(const ip_address& candidate) const;
};

/// A single address is a network of its own.
domain::result<network> parse_network(std::string_view text);

/// Which addresses deliveries may go to: the public ones, and those of the networks that the
/// operator excepts.
struct address_policy {
  /// Compared with an address as it stands: an excepted 127.0.0.0/8 does not except NAT64 forms
  /// of it.
  std::vector<network> allowed;
  /// Ports that may be used on addresses that are not excepted.
  std::vector<std::uint16_t> ports = {80, 443};

  bool allows(const ip_address& address, std::uint16_t port) const;
};

/// Whether the address is reachable in the public internet: not private, loopback, link-local,
/// shared (CGNAT), multicast, reserved or for documentation, nor an IPv6 form (mapped, NAT64, 6to4,
/// Teredo) that embeds or hides one. Source: the IANA special-purpose address registries.
bool is_public(const ip_address& address);

}  // namespace talaria::delivery
