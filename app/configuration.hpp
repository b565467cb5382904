#pragma once

#include "cluster/link_options.hpp"
#include "delivery/address_guard.hpp"
#include "delivery/proxy.hpp"
#include "domain/error.hpp"
#include "domain/limits.hpp"
#include "http/tls.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::app {

enum class log_format : std::uint8_t { human, json };

/// Everything an operator may set; the members' initial values are the defaults.
struct configuration {
  std::string http_host = "127.0.0.1";
  std::uint16_t http_port = 8080;
  std::size_t http_workers = 2;
  std::size_t http_connections_max = 20'000;
  /// 0: no bound.
  std::size_t http_connections_per_address_max = 1'000;
  std::vector<delivery::network> http_trusted_proxies;
  /// Files that were read once, into `http_tls`; both are empty or neither.
  std::string http_tls_certificate;
  std::string http_tls_key;
  /// Null: HTTP in the clear.
  std::shared_ptr<const http::tls_context> http_tls;

  std::string store_url = "sqlite:talaria.db";
  std::vector<std::string> store_read_urls;
  bool accept_data_loss = false;
  std::size_t store_writers = 2;

  /// Raw bytes, the current one first. Empty: they are in the file.
  std::vector<std::string> secret_keys;
  /// Empty: as `secret_key_file` in sealed_store.hpp has it.
  std::string secret_key_file;

  /// Empty: a key is made and printed once.
  std::string bootstrap_key;

  std::vector<delivery::network> allow_addresses;
  std::optional<delivery::proxy> delivery_proxy;
  /// A file that was read once; empty for the system's.
  std::string delivery_ca_bundle;
  std::size_t delivery_loops = 2;
  std::size_t attempts_in_flight_max = 2'048;
  std::chrono::milliseconds connect_timeout{5'000};

  std::size_t submissions_max = 10'000;
  std::chrono::hours idempotency_window{24};
  std::chrono::days retention{30};
  std::chrono::days audit_retention{365};

  /// Of organizations that have none of their own; 0: no limit.
  std::uint32_t requests_per_minute = domain::limits::requests_per_minute_default;
  std::uint32_t events_per_second = 0;
  std::uint32_t subscriptions_max = 0;
  std::uint32_t pending_deliveries_max = 0;

  std::chrono::milliseconds drain_timeout{20'000};
  std::string node_name = "talaria-1";

  /// Without a host to listen at there are no links; the incarnation is made at the start. The
  /// files were read once.
  cluster::link_options links;

  bool chaos_enabled = false;
  /// Empty: at none.
  std::string chaos_exit_at_point;

  std::string log_level = "info";
  log_format log = log_format::human;
};

/// Puts the layers together: the file, overridden by the variables, overridden by the flags.
///
/// @param toml The file's text.
/// @param variables The whole environment; those that begin with `TALARIA_` count.
/// @param flags By key.
/// @returns the first fault, with the setting's key (or variable) as `field`: an unknown name is
/// one.
domain::result<configuration> read_configuration(
    std::string_view toml, const std::map<std::string, std::string>& variables,
    const std::map<std::string, std::string>& flags);

}  // namespace talaria::app
