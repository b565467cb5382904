#pragma once

#include <filesystem>
#include <string>

namespace talaria::bench {

/// Where the figures were measured: nothing that identifies the machine.
struct machine {
  std::string processor;
  unsigned processors = 0;
  double memory_gib = 0;
  std::string kernel;
  std::string compiler;
  /// SQLite, or a server's version and durability.
  std::string store;
  /// Of the directory that holds SQLite's stores.
  std::string file_system;
  /// Median time of a 4 KiB append and fdatasync there.
  double sync_ms = 0;
};

/// Takes about a tenth of a second.
machine describe_machine(const std::filesystem::path& store_directory, std::string store);

}  // namespace talaria::bench
