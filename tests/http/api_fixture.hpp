#pragma once

#include "domain/tenancy.hpp"
#include "http/server.hpp"
#include "persistence/store.hpp"
#include "posix/temporary_directory.hpp"
#include "supervision/directory.hpp"
#include "tests/http/fake_gateway.hpp"
#include "tests/http/raw_client.hpp"

#include <boost/json/value.hpp>
#include <prometheus/registry.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::http::test {

/// The key of every fixture.
const std::string& test_key();

/// What the one key of the store is like.
struct key_shape {
  std::uint8_t scopes = static_cast<std::uint8_t>(domain::scope::admin);
  bool bound_to_default = false;
  std::optional<domain::timestamp> expires_at;
};

struct api_fixture_options {
  key_shape key;
  std::size_t store_threads = 2;
  std::size_t store_queue_max = 64;
  authenticator_options authentication;
  transport_limits limits;
  bool chaos_enabled = false;
  /// What a second node, node-2, answers to questions. Empty: there is none.
  std::function<cluster::asked(std::string_view question)> peer{};
};

/// A server with a store of its own in a temporary directory, holding the organization and the
/// application `default` and one key.
class api_fixture {
public:
  explicit api_fixture(api_fixture_options options = {});

  /// With the key and, for a body, its type; on a connection of its own.
  reply send(std::string_view method, std::string_view target, std::string_view body = {},
             std::string_view headers = {});
  /// With these headers alone.
  reply send_without_key(std::string_view method, std::string_view target,
                         std::string_view headers = {}, std::string_view body = {});

  /// @returns the id of a new one that takes everything.
  std::string subscribe(std::string_view more_fields = {});
  /// @returns the id.
  std::string submit(std::string_view payload = "{}");

  posix::temporary_directory directory;
  std::unique_ptr<persistence::store> store;
  domain::organization organization;
  domain::application application;
  fake_gateway gateway;
  supervision::directory actors;
  prometheus::Registry metrics;
  std::atomic<bool> draining{false};
  /// Added to the system's clock.
  std::atomic<std::int64_t> clock_offset_s{0};
  /// Its time stands still. Null unless it is enabled.
  std::unique_ptr<supervision::fault_injector> faults;
  std::unique_ptr<http::server> server;
  std::uint16_t port = 0;
};

boost::json::value json_of(const reply& reply);
/// The text of a member, or a mark that it has none.
std::string text_at(const reply& reply, std::string_view pointer);

}  // namespace talaria::http::test
