#include "domain/url.hpp"

#include "domain/limits.hpp"

#include <boost/url/parse.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace talaria::domain {

namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

struct host_and_port {
  std::string_view host;
  /// The digits, or nothing.
  std::string_view port;
};

/// Boost.URL 1.81 ends an address, or a port, where RFC 3986 goes on: in
/// `http://10.0.0.1.example.com/` it finds the host 10.0.0.1 and the path `.example.com/`. Whoever
/// connects would read another host than was judged, so that the authority is taken apart here.
/// Boost.URL has seen to its characters.
std::optional<host_and_port> split_authority(std::string_view authority) {
  // Decoded, a host could hold a NUL or a slash. An @ ends user information.
  if (authority.find_first_of("%@") != std::string_view::npos)
    return std::nullopt;
  std::size_t host_start = 0;
  auto host_end = std::min(authority.find(':'), authority.size());
  auto rest_start = host_end;
  if (authority.starts_with('[')) {
    host_start = 1;
    host_end = authority.find(']');
    if (host_end == std::string_view::npos)
      return std::nullopt;
    rest_start = host_end + 1;
  }
  const auto host = authority.substr(host_start, host_end - host_start);
  auto rest = authority.substr(rest_start);
  if (rest.empty())
    return host_and_port{host, rest};
  if (rest.front() != ':')
    return std::nullopt;
  rest.remove_prefix(1);
  return host_and_port{host, rest};
}

std::optional<std::uint16_t> read_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto* end = digits.data() + digits.size();
  const auto [read_to, failed] = std::from_chars(digits.data(), end, port);
  if (failed != std::errc{} || read_to != end || port == 0)
    return std::nullopt;
  return port;
}

}  // namespace

result<webhook_url> parse_webhook_url(std::string_view text) {
  if (text.size() > limits::url_bytes_max)
    return fail(ec::too_large, "a URL has at most 2048 bytes");
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed)
    return fail(ec::invalid_value, "not an absolute URL as RFC 3986 defines it");
  const auto& url = *parsed;
  if (url.scheme_id() != boost::urls::scheme::http && url.scheme_id() != boost::urls::scheme::https)
    return fail(ec::invalid_value, "the URL's scheme must be http or https");
  if (!url.has_authority() || url.host().empty())
    return fail(ec::invalid_value, "the URL has no host");
  if (url.has_userinfo())
    return fail(ec::invalid_value,
                "the URL must not carry a user name or password; use headers instead");
  if (url.has_fragment())
    return fail(ec::invalid_value, "the URL must not have a fragment");
  constexpr std::string_view authority_start = "://";
  auto authority = text.substr(url.scheme().size() + authority_start.size());
  authority = authority.substr(0, authority.find_first_of("/?"));
  const auto parts = split_authority(authority);
  const bool is_address_of_unknown_kind = url.host_type() == boost::urls::host_type::ipvfuture;
  if (!parts || parts->host.empty() || is_address_of_unknown_kind)
    return fail(ec::invalid_value, "the URL's host must be a plain name or an address");
  const bool secure = url.scheme_id() == boost::urls::scheme::https;
  webhook_url result{.secure = secure,
                     .host = lower_case(std::string{parts->host}),
                     .port = secure ? https_port : http_port};
  if (!parts->port.empty()) {
    const auto port = read_port(parts->port);
    if (!port)
      return fail(ec::invalid_value, "the URL's port must be from 1 to 65535");
    result.port = *port;
  }
  return result;
}

}  // namespace talaria::domain
