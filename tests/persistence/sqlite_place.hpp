#pragma once

#include "persistence/store.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace talaria::persistence::test {

/// Where a store lives during one test.
class place {
public:
  virtual ~place() = default;

  /// Opens the store, with the present schema: empty at first, later as it was left.
  virtual std::unique_ptr<store> open(const retention_clock& retention) = 0;
  std::unique_ptr<store> open() { return open({}); }
};

/// A directory of its own, removed at the end.
class temporary_directory {
public:
  temporary_directory();
  ~temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

class sqlite_place : public place {
public:
  using place::open;
  std::unique_ptr<store> open(const retention_clock& retention) override;

  std::string file() const { return directory_.path() / "talaria.db"; }
  std::string url() const { return "sqlite:" + file(); }

private:
  temporary_directory directory_;
};

}  // namespace talaria::persistence::test
