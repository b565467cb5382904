// Whoever connects must not read another host, port or address from a URL than the guard judged.
//
// libcurl is the one that connects, and inet_aton knows the forms of IPv4 addresses that a
// resolver takes.

#include "delivery/address_guard.hpp"
#include "domain/url.hpp"
#include "http/literal_address.hpp"
#include "tests/fuzz/require.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <memory>
#include <string>

namespace talaria::fuzz {
namespace {

using delivery::ip_address;

/// Written without the guard's tables.
bool is_internal(std::uint32_t address) {
  const std::uint32_t first = address >> 24U;
  return first == 0 || first == 10 || first == 127 || first >= 224 ||
         address >> 16U == 0xa9fe ||  // 169.254/16
         address >> 20U == 0xac1 ||   // 172.16/12
         address >> 16U == 0xc0a8 ||  // 192.168/16
         address >> 22U == 0x191;     // 100.64/10
}

std::uint32_t number_of(const std::uint8_t* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24U | static_cast<std::uint32_t>(bytes[1]) << 16U |
         static_cast<std::uint32_t>(bytes[2]) << 8U | bytes[3];
}

/// IPv6 addresses that stand for an internal IPv4 address, or are internal themselves.
bool is_internal(const in6_addr& address) {
  const std::uint8_t* bytes = address.s6_addr;
  const bool begins_with_zeros = number_of(bytes) == 0 && number_of(bytes + 4) == 0;
  const std::uint32_t third = number_of(bytes + 8);
  const bool embeds = (begins_with_zeros && (third == 0 || third == 0xffff)) ||
                      (number_of(bytes) == 0x64ff9b && number_of(bytes + 4) == 0 && third == 0);
  if (embeds) {
    return is_internal(number_of(bytes + 12));
  }
  const bool six_to_four = bytes[0] == 0x20 && bytes[1] == 0x02;
  return bytes[0] < 0x20 || bytes[0] >= 0x40 || (six_to_four && is_internal(number_of(bytes + 2)));
}

void check_guard(const domain::webhook_url& url) {
  const delivery::address_policy policy;
  const auto address = http::literal_address(url.host);
  in_addr four{};
  in6_addr six{};
  bool internal = url.host == "localhost" || url.host.ends_with(".localhost");
  if (inet_aton(url.host.c_str(), &four) != 0) {
    internal = internal || is_internal(ntohl(four.s_addr));
  } else if (inet_pton(AF_INET6, url.host.c_str(), &six) == 1) {
    internal = internal || is_internal(six);
  }
  require(!internal || (address && !policy.allows(*address, url.port)),
          "an internal address is refused");
}

using curl_url_handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part_of(const curl_url_handle& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) {
    return {};
  }
  std::string copy(text);
  curl_free(text);
  return copy;
}

std::string lower_case(std::string text) {
  for (char& letter : text) {
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  return text;
}

/// @returns the host as a resolver takes it, in one form for each address.
std::string canonical(std::string host) {
  host = lower_case(std::move(host));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  const auto address = http::literal_address(host);
  return address ? to_string(*address) : host;
}

/// What libcurl refuses is sent nowhere.
void check_who_connects(const domain::webhook_url& url, const std::string& text) {
  const curl_url_handle parsed(curl_url(), &curl_url_cleanup);
  if (curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return;
  }
  require(part_of(parsed, CURLUPART_SCHEME) == (url.secure ? "https" : "http"), "the same scheme");
  require(part_of(parsed, CURLUPART_PORT) == std::to_string(url.port), "the same port");
  require(part_of(parsed, CURLUPART_USER).empty(), "no user");
  require(canonical(part_of(parsed, CURLUPART_HOST)) == canonical(url.host), "the same host");
}

void check_networks(std::string_view text) {
  if (const auto address = delivery::parse_ip_address(text)) {
    require(delivery::parse_ip_address(to_string(*address)) == *address, "an address round trip");
  }
  if (const auto network = delivery::parse_network(text)) {
    require(network->prefix_bits <= (network->address.v6 ? 128 : 32), "a prefix fits its address");
    require(network->contains(network->address), "a network contains its address");
  }
}

}  // namespace
}  // namespace talaria::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace talaria;
  using namespace talaria::fuzz;
  const std::string text(as_text(data, size));
  check_networks(text);
  if (const auto url = domain::parse_webhook_url(text)) {
    require(url->port != 0 && !url->host.empty(), "a URL has a host and a port");
    require(text.find('\0') == std::string::npos, "a URL holds no NUL");
    check_guard(*url);
    check_who_connects(*url, text);
  }
  return 0;
}
