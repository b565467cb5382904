#include "bench/load/target.hpp"

#include "domain/url.hpp"

#include <fmt/format.h>
#include <netdb.h>

#include <cstring>
#include <memory>

namespace talaria::load {

domain::result<target> resolve_target(const std::string& url) {
  const auto parts = domain::parse_webhook_url(url);
  if (!parts)
    return domain::fail(domain::ec::invalid_value, parts.error().detail, "url");
  if (parts->secure)
    return domain::fail(domain::ec::not_supported, "only http URLs are supported", "url");

  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failed =
      getaddrinfo(parts->host.c_str(), std::to_string(parts->port).c_str(), &wanted, &list);
  if (failed != 0)
    return domain::fail(domain::ec::invalid_value,
                        fmt::format("{} has no address: {}", parts->host, gai_strerror(failed)),
                        "url");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found{list, &freeaddrinfo};
  target made;
  std::memcpy(&made.address, found->ai_addr, found->ai_addrlen);
  made.address_bytes = found->ai_addrlen;
  made.family = found->ai_family;
  const bool is_ipv6_literal = parts->host.find(':') != std::string::npos;
  made.host =
      fmt::format(fmt::runtime(is_ipv6_literal ? "[{}]:{}" : "{}:{}"), parts->host, parts->port);
  return made;
}

}  // namespace talaria::load
