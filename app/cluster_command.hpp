#pragma once

#include <chrono>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace talaria::app {

/// What `talaria cluster certs` was asked for.
struct certs_request {
  std::filesystem::path directory;
  /// Each `NAME`, which then is its host, or `NAME=HOST,...`. Empty: one node on this machine.
  std::vector<std::string> nodes;
};

/// Makes a certificate authority and what it certifies, all valid for a year: `ca.pem`, `ca.key`,
/// and a `NAME.pem` and `NAME.key` for each node. Prints what to set, with a fresh secret. Nothing
/// is written if one of the files is there, and keys are for their owner alone.
/// @returns the process's exit code; what is wrong is said on `complaints`.
int run_certs(const certs_request& wanted, std::chrono::system_clock::time_point now,
              std::ostream& out, std::ostream& complaints);

}  // namespace talaria::app
