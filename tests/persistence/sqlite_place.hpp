#pragma once

#include "persistence/store.hpp"
#include "posix/temporary_directory.hpp"

#include <soci/soci.h>

#include <memory>
#include <string>

namespace talaria::persistence::test {

/// A box with a key for each letter, the current one first. Its nonces count.
domain::secret_box secret_box_of(const std::string& letters);

/// Where a store lives during one test.
class place {
public:
  virtual ~place() = default;

  /// Opens the store, with the present schema: empty at first, later as it was left.
  virtual std::unique_ptr<store> open(const retention_clock& retention) = 0;
  std::unique_ptr<store> open() { return open({}); }

  /// A connection of the database's own, past the store.
  virtual std::unique_ptr<soci::session> connect() const = 0;

  /// Seals what the stores write that are opened from then on.
  domain::secret_box secrets = secret_box_of("k");
};

class sqlite_place : public place {
public:
  using place::open;
  std::unique_ptr<store> open(const retention_clock& retention) override;
  std::unique_ptr<soci::session> connect() const override;

  std::string file() const { return directory_.path() / "talaria.db"; }
  std::string url() const { return "sqlite:" + file(); }

private:
  posix::temporary_directory directory_;
};

}  // namespace talaria::persistence::test
