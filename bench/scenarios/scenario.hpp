#pragma once

#include "bench/report/figure.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace talaria::bench {

struct settings {
  /// Of each measurement.
  std::chrono::milliseconds duration{10'000};
  /// Talaria's binary.
  std::filesystem::path talaria;
  /// Where stores are made: on a disk, or durable figures mean nothing.
  std::filesystem::path directory;
  /// Of a server that databases for Talaria are made on; empty for SQLite.
  std::string postgresql_url;
};

/// One measurement. `measure` throws std::exception if there is nothing to report.
struct scenario {
  std::string name;
  std::function<figure(const settings&)> measure;
  /// Whether it is short when measurements are: part of a quick run.
  bool quick = true;
};

}  // namespace talaria::bench
