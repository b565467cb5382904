#include "http/api_key.hpp"
#include "http/authenticator.hpp"
#include "persistence/store.hpp"
#include "posix/temporary_directory.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

using namespace talaria;

namespace {

domain::timestamp now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// A store that knows one key.
class key_fixture {
public:
  key_fixture() {
    const auto url = "sqlite:" + (directory.path() / "store.db").string();
    auto made = http::make_api_key();
    if (!made || !persistence::migrate_store(url))
      throw std::runtime_error("the store cannot be made");
    store = *persistence::open_store(url);
    key = made->key;
    domain::uuid_sequence ids;
    const domain::organization organization{
        .id = {ids.next(now(), 1)}, .name = "default", .created_at = now()};
    const domain::application application{.id = {ids.next(now(), 2)},
                                          .organization = organization.id,
                                          .name = "default",
                                          .metadata = "{}",
                                          .created_at = now(),
                                          .updated_at = now()};
    const domain::api_key row{.id = {ids.next(now(), 3)},
                              .organization = organization.id,
                              .application = std::nullopt,
                              .name = "benchmark",
                              .lookup = made->lookup,
                              .hash = made->hash,
                              .scopes = static_cast<std::uint8_t>(domain::scope::admin),
                              .created_at = now(),
                              .expires_at = std::nullopt};
    if (!store->open_catalog()->bootstrap(organization, application, row))
      throw std::runtime_error("the key cannot be stored");
  }

  const posix::temporary_directory directory;
  std::unique_ptr<persistence::store> store;
  std::string key;
};

void authenticate(http::authenticator& authenticator, const std::string& key) {
  std::promise<bool> known;
  authenticator.authenticate(
      key, [&](domain::result<http::principal> who) { known.set_value(who.has_value()); });
  if (!known.get_future().get())
    throw std::runtime_error("the key is not known");
}

/// The way of nearly every request.
void verify_a_remembered_key(benchmark::State& state) {
  const key_fixture fixture;
  prometheus::Registry registry;
  actors::store_metrics metrics{registry};
  http::authenticator authenticator{*fixture.store, now, {}, metrics};
  authenticate(authenticator, fixture.key);
  for (auto _ : state) {
    auto who = authenticator.remembered(fixture.key);
    benchmark::DoNotOptimize(who);
  }
}

/// A key's first request, and one every five minutes: the row is found and the key hashed, on the
/// thread for that.
void verify_a_key_for_the_first_time(benchmark::State& state) {
  const key_fixture fixture;
  http::authenticator_options options;
  options.verified_for = std::chrono::seconds{0};
  prometheus::Registry registry;
  actors::store_metrics metrics{registry};
  http::authenticator authenticator{*fixture.store, now, options, metrics};
  for (auto _ : state)
    authenticate(authenticator, fixture.key);
}

BENCHMARK(verify_a_remembered_key);
BENCHMARK(verify_a_key_for_the_first_time)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
