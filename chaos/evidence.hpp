#pragma once

#include "chaos/history.hpp"
#include "chaos/meddler.hpp"
#include <filesystem>
#include <string>
#include <vector>

namespace talaria::chaos {

/// @throws std::runtime_error if it cannot be written.
void write_text(const std::filesystem::path& path, const std::string& text);

/// Writes what a history has, but for what receivers saw, which is in their ledger: a file for each
/// sort, a line of JSON for each.
void write_evidence(const std::filesystem::path& directory, const history& history,
                    const std::vector<disturbance>& disturbances);

}  // namespace talaria::chaos
