#include "delivery/proxy.hpp"

#include "domain/url.hpp"

#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <optional>

namespace talaria::delivery {

namespace {

constexpr std::string_view scheme = "http://";
/// Twice as long, and in base64, they fit into the line of a header that any proxy takes.
constexpr std::size_t credential_bytes_max = 256;

domain::result<proxy> malformed() {
  return domain::fail(domain::ec::invalid_value, "must be http://[user:password@]host:port");
}

bool is_printable(char c) {
  return static_cast<unsigned char>(c) >= ' ' && c != '\x7f';
}

std::optional<std::string> decode(std::string_view text) {
  const auto encoded = boost::urls::make_pct_string_view({text.data(), text.size()});
  if (!encoded)
    return std::nullopt;
  std::string decoded = encoded->decode();
  if (decoded.size() > credential_bytes_max || !std::ranges::all_of(decoded, is_printable))
    return std::nullopt;
  return decoded;
}

/// Takes `user:password` into the proxy.
bool read_credentials(std::string_view text, proxy& into) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || text.find_first_of("/?#@") != std::string_view::npos)
    return false;
  auto user = decode(text.substr(0, colon));
  auto password = decode(text.substr(colon + 1));
  // A colon would end the name for the proxy, too.
  if (!user || user->empty() || user->find(':') != std::string::npos || !password)
    return false;
  into.user = *std::move(user);
  into.password = *std::move(password);
  return true;
}

bool names_port(std::string_view authority) {
  const auto colon = authority.rfind(':');
  return colon != std::string_view::npos && colon + 1 < authority.size() &&
         authority.find(']', colon) == std::string_view::npos;
}

}  // namespace

domain::result<proxy> parse_proxy(std::string_view text) {
  if (!text.starts_with(scheme))
    return malformed();
  auto authority = text.substr(scheme.size());
  proxy read;
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    if (!read_credentials(authority.substr(0, at), read))
      return malformed();
    authority.remove_prefix(at + 1);
  }
  if (authority.ends_with('/'))
    authority.remove_suffix(1);
  const auto url = domain::parse_webhook_url(std::string(scheme).append(authority));
  if (!url || !names_port(authority) || authority.find_first_of("/?") != std::string_view::npos)
    return malformed();
  read.host = url->host;
  read.port = url->port;
  return read;
}

}  // namespace talaria::delivery
