#include "http/literal_address.hpp"

#include <netdb.h>

#include <memory>
#include <string_view>

namespace talaria::http {
namespace {

constexpr std::string_view local_name = "localhost";

/// RFC 6761, section 6.3: the name and all below it mean this machine.
bool is_local_name(std::string_view host) {
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  return host == local_name ||
         (host.ends_with(local_name) && host[host.size() - local_name.size() - 1] == '.');
}

}  // namespace

std::optional<delivery::ip_address> literal_address(const std::string& host) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  const std::string text = is_local_name(host) ? "127.0.0.1" : host;
  if (::getaddrinfo(text.c_str(), nullptr, &hints, &found) != 0) {
    return std::nullopt;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  return delivery::to_ip_address(*owned->ai_addr);
}

}  // namespace talaria::http
