#include "app/settings.hpp"

#include "app/secret_keys.hpp"
#include "cluster/limits.hpp"
#include "delivery/address_guard.hpp"
#include "delivery/proxy.hpp"
#include "domain/certificate.hpp"
#include "domain/limits.hpp"
#include "persistence/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace talaria::app {

namespace {

using domain::ec;
using domain::fail;
using domain::result;

/// Of a name, as DNS has it.
constexpr std::size_t host_bytes_max = 253;

result<std::uint64_t> read_number(std::string_view text, std::uint64_t min, std::uint64_t max) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < min || number > max)
    return fail(ec::invalid_value, fmt::format("must be a number from {} to {}", min, max));
  return number;
}

template <class Target>
auto number_setting(Target configuration::*target, std::uint64_t min, std::uint64_t max) {
  return [=](std::string_view text, configuration& into) -> result<void> {
    const auto number = read_number(text, min, max);
    if (!number)
      return tl::unexpected(number.error());
    into.*target = static_cast<Target>(*number);
    return {};
  };
}

auto text_setting(std::string configuration::*target, std::size_t bytes_min) {
  return [=](std::string_view text, configuration& into) -> result<void> {
    if (text.size() < bytes_min)
      return fail(ec::invalid_value, fmt::format("must have at least {} characters", bytes_min));
    into.*target = text;
    return {};
  };
}

struct listen_address {
  std::string host;
  std::uint16_t port;
};

result<listen_address> parse_listen(std::string_view text) {
  constexpr auto wrong = "must be <address>:<port>, as in 127.0.0.1:8080 or [::1]:8080";
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return fail(ec::invalid_value, wrong);
  const auto port = read_number(text.substr(colon + 1), 0, 65535);
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  if (!port || !delivery::parse_ip_address(host))
    return fail(ec::invalid_value, wrong);
  return listen_address{std::string{host}, static_cast<std::uint16_t>(*port)};
}

result<void> read_listen(std::string_view text, configuration& into) {
  auto address = parse_listen(text);
  if (!address)
    return tl::unexpected(address.error());
  into.http_host = std::move(address->host);
  into.http_port = address->port;
  return {};
}

result<void> read_cluster_listen(std::string_view text, configuration& into) {
  auto address = parse_listen(text);
  if (!address)
    return tl::unexpected(address.error());
  into.links.listen_host = std::move(address->host);
  into.links.listen_port = address->port;
  return {};
}

/// A host, with or without a port; an IPv6 address with one stands in brackets.
result<void> read_cluster_advertise(std::string_view text, configuration& into) {
  const auto wrong = fail(ec::invalid_value,
                          "must be <host> or <host>:<port>, as in north.example or [fd00::1]:9090");
  auto host = text;
  std::uint16_t port = 0;
  const auto colon = text.rfind(':');
  const bool is_bare_ipv6 = delivery::parse_ip_address(text).has_value();
  if (colon != std::string_view::npos && !is_bare_ipv6 && !text.ends_with(']')) {
    const auto number = read_number(text.substr(colon + 1), 1, 65535);
    if (!number)
      return wrong;
    port = static_cast<std::uint16_t>(*number);
    host = text.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos && !is_bare_ipv6)
    return wrong;
  if (host.empty() || host.size() > host_bytes_max ||
      host.find_first_of(" \t[]/@") != std::string_view::npos)
    return wrong;
  into.links.advertised_host = host;
  into.links.advertised_port = port;
  return {};
}

result<void> read_cluster_secret(std::string_view text, configuration& into) {
  if (text.size() < cluster::limits::secret_bytes_min)
    return fail(ec::invalid_value,
                fmt::format("must have at least {} characters", cluster::limits::secret_bytes_min));
  into.links.secret = text;
  return {};
}

auto cluster_file_setting(std::string cluster::link_tls::*target) {
  return [=](std::string_view text, configuration& into) -> result<void> {
    if (text.empty())
      return fail(ec::invalid_value, "must name a file");
    into.links.tls.*target = text;
    return {};
  };
}

/// The parts between commas, without the spaces around them; empty ones are left out.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  std::istringstream entries{std::string{text}};
  for (std::string entry; std::getline(entries, entry, ',');) {
    const auto first = entry.find_first_not_of(' ');
    if (first != std::string::npos)
      parts.push_back(entry.substr(first, entry.find_last_not_of(' ') - first + 1));
  }
  return parts;
}

auto flag_setting(bool configuration::*target) {
  return [=](std::string_view text, configuration& into) -> result<void> {
    if (text != "true" && text != "false")
      return fail(ec::invalid_value, "must be true or false");
    into.*target = text == "true";
    return {};
  };
}

result<void> read_store_url(std::string_view text, configuration& into) {
  constexpr std::string_view scheme = "sqlite:";
  const bool names_file = text.starts_with(scheme) && text.size() > scheme.size();
  if (!names_file && !persistence::is_server_url(text))
    return fail(ec::invalid_value, "must be sqlite:<file> or postgresql://...");
  into.store_url = text;
  return {};
}

result<void> read_read_urls(std::string_view text, configuration& into) {
  auto urls = split(text);
  if (!std::ranges::all_of(urls, persistence::is_server_url))
    return fail(ec::invalid_value, "must be URLs postgresql://..., separated by commas");
  into.store_read_urls = std::move(urls);
  return {};
}

result<void> read_secret_keys(std::string_view text, configuration& into) {
  auto keys = parse_secret_keys(split(text));
  if (!keys)
    return tl::unexpected(keys.error());
  into.secret_keys = *std::move(keys);
  return {};
}

auto networks_setting(std::vector<delivery::network> configuration::*target) {
  return [=](std::string_view text, configuration& into) -> result<void> {
    std::vector<delivery::network> networks;
    for (const auto& entry : split(text)) {
      auto network = delivery::parse_network(entry);
      if (!network)
        return fail(ec::invalid_value,
                    fmt::format("{} is not a network such as 10.0.0.0/8", entry));
      networks.push_back(*network);
    }
    into.*target = std::move(networks);
    return {};
  };
}

result<void> read_proxy(std::string_view text, configuration& into) {
  auto proxy = delivery::parse_proxy(text);
  if (!proxy)
    return tl::unexpected(proxy.error());
  into.delivery_proxy = *std::move(proxy);
  return {};
}

result<void> read_ca_bundle(std::string_view text, configuration& into) {
  std::ifstream file{std::string{text}};
  std::ostringstream content;
  // Fails for a file that cannot be opened or read, for a directory, and for an empty one.
  if (!(content << file.rdbuf()))
    return fail(ec::invalid_value, "must name a file that can be read");
  const auto count = domain::count_certificates(content.view());
  if (!count)
    return fail(ec::invalid_value, fmt::format("names a file that {}", count.error().detail));
  into.delivery_ca_bundle = text;
  return {};
}

result<void> read_log_level(std::string_view text, configuration& into) {
  constexpr std::array<std::string_view, 5> levels{"trace", "debug", "info", "warn", "error"};
  if (std::find(levels.begin(), levels.end(), text) == levels.end())
    return fail(ec::invalid_value, "must be trace, debug, info, warn or error");
  into.log_level = text;
  return {};
}

result<void> read_log_format(std::string_view text, configuration& into) {
  if (text != "human" && text != "json")
    return fail(ec::invalid_value, "must be human or json");
  into.log = text == "json" ? log_format::json : log_format::human;
  return {};
}

using c = configuration;

const std::array settings{
    setting{"http.listen", "127.0.0.1:8080",
            "Address and port of the API. Anything but loopback makes it reachable from other "
            "machines.",
            read_listen},
    setting{"http.workers", "2", "Threads that read and answer requests.",
            number_setting(&c::http_workers, 1, 64)},
    setting{"http.connections_max", "20000", "Connections open at once; further ones are refused.",
            number_setting(&c::http_connections_max, 16, 1'000'000)},
    setting{"http.connections_per_address_max", "1000",
            "Connections open at once from one address (IPv6: one /64); 0 for no bound.",
            number_setting(&c::http_connections_per_address_max, 0, 1'000'000)},
    setting{"http.trusted_proxies", "",
            "Comma-separated networks of proxies whose X-Forwarded-For is believed, and whose "
            "connections are not bounded by address.",
            networks_setting(&c::http_trusted_proxies)},
    setting{"http.tls_certificate", "",
            "File of the PEM certificate that is shown to clients, with those between it and its "
            "authority: the API speaks HTTPS.",
            text_setting(&c::http_tls_certificate, 1)},
    setting{"http.tls_key", "", "File of that certificate's private key, PEM without a password.",
            text_setting(&c::http_tls_key, 1)},
    setting{
        "store.url", "sqlite:talaria.db",
        "Where events are kept: sqlite:<file> or postgresql://<user>:<password>@<host>/<database>.",
        read_store_url},
    setting{
        "store.read_urls", "",
        "Comma-separated URLs of replicas of the PostgreSQL server, which answer lists in turn.",
        read_read_urls},
    setting{
        "store.writers", "2",
        "Connections to PostgreSQL that write events, and as many that write outcomes. SQLite has "
        "one writer.",
        number_setting(&c::store_writers, 1, 16)},
    setting{"store.accept_data_loss", "false",
            "Whether to use a PostgreSQL server that may lose what it committed: fsync, "
            "full_page_writes or synchronous_commit is off.",
            flag_setting(&c::accept_data_loss)},
    setting{"secrets.key_file", "",
            "File with the keys that seal secrets in the store, one a line, the current one first. "
            "Unset: <file>.key beside the SQLite file, talaria.key with PostgreSQL. Made on the "
            "first start.",
            text_setting(&c::secret_key_file, 1)},
    setting{"secrets.keys", "",
            "The same keys, comma-separated, instead of a file; a variable is safer than a flag, "
            "which others see.",
            read_secret_keys},
    setting{"auth.bootstrap_key", "",
            "Administrator key made on the first start. Unset: one is made and printed once.",
            text_setting(&c::bootstrap_key, 16)},
    setting{"delivery.allow_addresses", "",
            "Comma-separated networks that deliveries may go to although they are not public.",
            networks_setting(&c::allow_addresses)},
    setting{"delivery.proxy", "",
            "Proxy that all deliveries go through, as http://[user:password@]host:port; a variable "
            "is safer than a flag, which others see.",
            read_proxy},
    setting{"delivery.ca_bundle", "",
            "File of PEM certificates that receivers' certificates are checked against, instead of "
            "the system's.",
            read_ca_bundle},
    setting{"delivery.loops", "2", "Threads that send requests.",
            number_setting(&c::delivery_loops, 1, 16)},
    setting{"delivery.in_flight_max", "2048", "Requests to receivers under way at once.",
            number_setting(&c::attempts_in_flight_max, 1, 20'000)},
    setting{"delivery.connect_timeout_ms", "5000",
            "Longest wait for a receiver to accept a connection.",
            number_setting(&c::connect_timeout, 1, 60'000)},
    setting{"ingest.submissions_max", "10000",
            "Submissions admitted and not yet answered; further ones are answered 429.",
            number_setting(&c::submissions_max, 1, 1'000'000)},
    setting{"ingest.idempotency_window_hours", "24", "How long an idempotency key is remembered.",
            number_setting(&c::idempotency_window, 1, 8'760)},
    setting{"retention.days", "30",
            "Events and attempts older than this are deleted, unless their application has its own "
            "retention_days.",
            number_setting(&c::retention, 1, domain::limits::retention_days_max)},
    setting{"retention.audit_days", "365", "Entries of the audit log older than this are deleted.",
            number_setting(&c::audit_retention, 1, domain::limits::retention_days_max)},
    setting{"limits.requests_per_minute", "1000",
            "Requests an organization may make a minute, submissions apart; 0: any number. The "
            "nodes of a cluster hold it together. An organization may have its own.",
            number_setting(&c::requests_per_minute, 0, domain::limits::organization_limit_max)},
    setting{"limits.events_per_second", "0",
            "Events an organization may submit a second; 0: any number. The same holds.",
            number_setting(&c::events_per_second, 0, domain::limits::organization_limit_max)},
    setting{"limits.subscriptions_max", "0",
            "Subscriptions an organization may have; 0: any number. The same holds.",
            number_setting(&c::subscriptions_max, 0, domain::limits::organization_limit_max)},
    setting{"limits.pending_deliveries_max", "0",
            "Deliveries of an organization that may be pending when it submits more; 0: any "
            "number. The same holds.",
            number_setting(&c::pending_deliveries_max, 0, domain::limits::organization_limit_max)},
    setting{"shutdown.drain_timeout_ms", "20000",
            "How long a stop waits for requests and attempts under way.",
            number_setting(&c::drain_timeout, 0, 600'000)},
    setting{"node.name", "talaria-1", "This process in the attempts it makes.",
            text_setting(&c::node_name, 1)},
    setting{"cluster.listen", "",
            "Address and port for the other nodes of a cluster; unset: nodes tell each other "
            "nothing. Anything but loopback needs the secret and the three files below.",
            read_cluster_listen},
    setting{"cluster.advertise", "",
            "Host, or host and port, by which the other nodes reach it. Unset: where it listens.",
            read_cluster_advertise},
    setting{"cluster.secret", "",
            "What all nodes of the cluster know and nobody else, 16 characters or more; a variable "
            "is safer than a flag, which others see.",
            read_cluster_secret},
    setting{"cluster.certificate", "",
            "File of the PEM certificate that the node shows to others. `talaria cluster certs` "
            "makes one.",
            cluster_file_setting(&cluster::link_tls::certificate_file)},
    setting{"cluster.key", "", "File of that certificate's private key, PEM without a password.",
            cluster_file_setting(&cluster::link_tls::key_file)},
    setting{"cluster.ca", "",
            "File of the PEM certificate of the authority for this cluster alone: whoever has a "
            "certificate of it is taken for a node.",
            cluster_file_setting(&cluster::link_tls::ca_file)},
    setting{"chaos.enabled", "false",
            "Whether faults may be injected through /api/v1/chaos, to see what this Talaria "
            "survives. Not for production.",
            flag_setting(&c::chaos_enabled)},
    setting{"chaos.exit_at_point", "",
            "Point at which the process ends when it is first reached, as in store.claim.middle; "
            "with chaos.enabled only.",
            text_setting(&c::chaos_exit_at_point, 1)},
    setting{"log.level", "info", "trace, debug, info, warn or error.", read_log_level},
    setting{"log.format", "human", "human or json.", read_log_format},
};

}  // namespace

std::span<const setting> all_settings() {
  return settings;
}

std::string variable_of(std::string_view key) {
  std::string name{variable_prefix};
  for (const char c : key)
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::string flag_of(std::string_view key) {
  std::string flag = "--";
  for (const char c : key)
    flag += c == '.' || c == '_' ? '-' : c;
  return flag;
}

}  // namespace talaria::app
