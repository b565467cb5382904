#include "domain/url.hpp"

#include "domain/limits.hpp"

#include <boost/url/parse.hpp>

#include <algorithm>
#include <cctype>

namespace talaria::domain {

namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string host_of(const boost::urls::url_view& url) {
  if (url.host_type() == boost::urls::host_type::ipv6 ||
      url.host_type() == boost::urls::host_type::ipvfuture) {
    const auto bracketed = url.encoded_host();
    return lower_case({bracketed.data() + 1, bracketed.size() - 2});
  }
  return lower_case(url.host());
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
  webhook_url result{
      .secure = url.scheme_id() == boost::urls::scheme::https, .host = host_of(url), .port = 0};
  result.port = result.secure ? https_port : http_port;
  if (url.has_port() && !url.port().empty()) {
    // port_number() is 0 for what does not fit in 16 bits as well.
    if (url.port_number() == 0)
      return fail(ec::invalid_value, "the URL's port must be from 1 to 65535");
    result.port = url.port_number();
  }
  return result;
}

}  // namespace talaria::domain
