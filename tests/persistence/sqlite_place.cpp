#include "tests/persistence/sqlite_place.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace talaria::persistence::test {

domain::secret_box secret_box_of(const std::string& letters) {
  std::vector<std::string> keys;
  for (const char letter : letters)
    keys.emplace_back(domain::secret_box::key_bytes, letter);
  return {keys, [](std::span<unsigned char> nonce) {
            static std::atomic<std::uint64_t> drawn{0};
            const auto count = ++drawn;
            std::memcpy(nonce.data(), &count, sizeof count);
          }};
}

std::unique_ptr<soci::session> sqlite_place::connect() const {
  return std::make_unique<soci::session>("sqlite3", "dbname=" + file());
}

std::unique_ptr<store> sqlite_place::open(const retention_clock& retention) {
  REQUIRE(migrate_store(url()));
  auto opened =
      open_store({.url = url(), .read_urls = {}, .retention = retention, .secrets = secrets});
  REQUIRE(opened);
  return *std::move(opened);
}

}  // namespace talaria::persistence::test
