#include "delivery/address_guard.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>

namespace talaria::delivery {

namespace {

constexpr std::uint8_t v4_bits = 32;
constexpr std::uint8_t v6_bits = 128;
constexpr std::uint8_t embedding_bits = v6_bits - v4_bits;

constexpr network v4(std::initializer_list<std::uint8_t> leading, std::uint8_t prefix_bits) {
  network made{{}, prefix_bits};
  std::copy(leading.begin(), leading.end(), made.address.bytes.begin());
  return made;
}

constexpr network v6(std::initializer_list<std::uint16_t> leading, std::uint8_t prefix_bits) {
  network made{{.v6 = true}, prefix_bits};
  auto next = made.address.bytes.begin();
  for (std::uint16_t group : leading) {
    *next++ = static_cast<std::uint8_t>(group >> 8U);
    *next++ = static_cast<std::uint8_t>(group & 0xffU);
  }
  return made;
}

// IANA IPv4 Special-Purpose Address Registry, and multicast. The few blocks in 192.0.0.0/24 that
// are globally reachable (anycast for PCP and TURN) are nobody's webhook receiver.
constexpr std::array not_public_v4 = {
    v4({0}, 8),              // this network
    v4({10}, 8),             // private
    v4({100, 64}, 10),       // shared (CGNAT)
    v4({127}, 8),            // loopback
    v4({169, 254}, 16),      // link-local, and the clouds' metadata services
    v4({172, 16}, 12),       // private
    v4({192, 0, 0}, 24),     // IETF protocol assignments
    v4({192, 0, 2}, 24),     // documentation
    v4({192, 88, 99}, 24),   // 6to4 relays
    v4({192, 168}, 16),      // private
    v4({198, 18}, 15),       // benchmarking
    v4({198, 51, 100}, 24),  // documentation
    v4({203, 0, 113}, 24),   // documentation
    v4({224}, 4),            // multicast
    v4({240}, 4),            // reserved, and the broadcast address
};

// Everything outside of it is unassigned, local or special: an allow-list needs no upkeep.
constexpr network global_unicast_v6 = v6({0x2000}, 3);

constexpr std::array not_public_v6 = {
    v6({0x2001}, 23),         // IETF protocol assignments: Teredo, benchmarking, ORCHID
    v6({0x2001, 0xdb8}, 32),  // documentation
    v6({0x2002}, 16),         // 6to4, which embeds an IPv4 address
    v6({0x3fff}, 20),         // documentation
};

constexpr network mapped_v4 = v6({0, 0, 0, 0, 0, 0xffff}, embedding_bits);
constexpr network compatible_v4 = v6({}, embedding_bits);
constexpr network nat64 = v6({0x64, 0xff9b}, embedding_bits);

ip_address last_four_bytes(const ip_address& address) {
  ip_address embedded;
  std::copy(address.bytes.begin() + embedding_bits / 8, address.bytes.end(),
            embedded.bytes.begin());
  return embedded;
}

ip_address v6_address(const void* bytes) {
  ip_address address{.v6 = true};
  std::memcpy(address.bytes.data(), bytes, address.bytes.size());
  return mapped_v4.contains(address) ? last_four_bytes(address) : address;
}

ip_address v4_address(const void* bytes) {
  ip_address address;
  std::memcpy(address.bytes.data(), bytes, 4);
  return address;
}

bool any_contains(std::span<const network> networks, const ip_address& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const network& candidate) { return candidate.contains(address); });
}

std::optional<std::uint8_t> parse_prefix_bits(std::string_view text, std::uint8_t most) {
  std::uint8_t bits = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (fault != std::errc{} || end != text.data() + text.size() || bits > most)
    return std::nullopt;
  return bits;
}

}  // namespace

domain::result<ip_address> parse_ip_address(std::string_view text) {
  // The parser of the C library wants an end mark; what holds one itself is no address.
  const std::string terminated(text);
  if (terminated.find('\0') == std::string::npos) {
    in_addr four{};
    if (inet_pton(AF_INET, terminated.c_str(), &four) == 1)
      return v4_address(&four);
    in6_addr six{};
    if (inet_pton(AF_INET6, terminated.c_str(), &six) == 1)
      return v6_address(&six);
  }
  return domain::fail(domain::ec::invalid_value, "not an IP address");
}

ip_address to_ip_address(const sockaddr& address) {
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &address, sizeof six);
    return v6_address(&six.sin6_addr);
  }
  sockaddr_in four{};
  std::memcpy(&four, &address, sizeof four);
  return v4_address(&four.sin_addr);
}

std::string to_string(const ip_address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), text.size());
  return text.data();
}

bool network::contains(const ip_address& candidate) const {
  if (candidate.v6 != address.v6)
    return false;
  const std::size_t whole_bytes = prefix_bits / 8U;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole_bytes,
                  candidate.bytes.begin()))
    return false;
  const unsigned rest_bits = prefix_bits % 8U;
  if (rest_bits == 0)
    return true;
  const unsigned mask = 0xffU << (8U - rest_bits) & 0xffU;
  return ((address.bytes[whole_bytes] ^ candidate.bytes[whole_bytes]) & mask) == 0;
}

domain::result<network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  auto address = parse_ip_address(address_text);
  if (!address)
    return tl::unexpected(address.error());
  const bool written_as_v6 = address_text.find(':') != std::string_view::npos;
  const std::uint8_t most = written_as_v6 ? v6_bits : v4_bits;
  auto bits = slash == std::string_view::npos ? std::optional<std::uint8_t>(most)
                                              : parse_prefix_bits(text.substr(slash + 1), most);
  const bool mapped = written_as_v6 && !address->v6;
  if (bits && mapped) {
    // A shorter prefix would take in more than the mapped addresses, which are held as IPv4.
    bits = *bits >= embedding_bits ? std::optional<std::uint8_t>(*bits - embedding_bits)
                                   : std::nullopt;
  }
  if (!bits)
    return domain::fail(domain::ec::invalid_value, "not a network prefix");
  return network{*address, *bits};
}

bool address_policy::allows(const ip_address& address, std::uint16_t port) const {
  if (any_contains(allowed, address))
    return true;
  return std::find(ports.begin(), ports.end(), port) != ports.end() && is_public(address);
}

bool is_public(const ip_address& address) {
  if (!address.v6)
    return !any_contains(not_public_v4, address);
  if (mapped_v4.contains(address) || compatible_v4.contains(address) || nat64.contains(address))
    return is_public(last_four_bytes(address));
  return global_unicast_v6.contains(address) && !any_contains(not_public_v6, address);
}

}  // namespace talaria::delivery
