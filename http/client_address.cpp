#include "http/client_address.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace talaria::http {
namespace {

constexpr std::string_view header_name = "X-Forwarded-For";
constexpr std::string_view white_space = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
  return text.substr(0, text.find_last_not_of(white_space) + 1);
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`
std::optional<delivery::ip_address> read_entry(std::string_view entry) {
  if (entry.starts_with('[')) {
    entry = entry.substr(1, entry.find(']') - 1);
  } else if (std::count(entry.begin(), entry.end(), ':') == 1) {
    entry = entry.substr(0, entry.find(':'));
  }
  const auto address = delivery::parse_ip_address(entry);
  return address ? std::optional(*address) : std::nullopt;
}

/// Walks back through one header's list.
/// @returns whether all of it was proxies' work, so that the header before it counts, too.
bool walk_back(std::string_view list, const std::vector<delivery::network>& proxies,
               delivery::ip_address& client) {
  while (true) {
    const std::size_t comma = list.rfind(',');
    const bool is_first = comma == std::string_view::npos;
    const auto entry = read_entry(trimmed(is_first ? list : list.substr(comma + 1)));
    if (!entry) {
      return false;
    }
    client = *entry;
    if (is_first || !is_trusted(client, proxies)) {
      return is_trusted(client, proxies);
    }
    list = list.substr(0, comma);
  }
}

}  // namespace

bool is_trusted(const delivery::ip_address& address,
                const std::vector<delivery::network>& proxies) {
  return std::any_of(proxies.begin(), proxies.end(),
                     [&](const delivery::network& network) { return network.contains(address); });
}

delivery::ip_address client_address(const request& request, const delivery::ip_address& peer,
                                    const std::vector<delivery::network>& proxies) {
  delivery::ip_address client = peer;
  bool go_on = is_trusted(peer, proxies);
  for (auto field = request.headers.rbegin(); go_on && field != request.headers.rend(); ++field) {
    if (equals_ignoring_case(field->name, header_name)) {
      go_on = walk_back(field->value, proxies, client);
    }
  }
  return client;
}

}  // namespace talaria::http
