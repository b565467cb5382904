#pragma once

#include "bench/report/figure.hpp"
#include "bench/report/machine.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace talaria::bench {

/// For people; also what docs/performance.md shows.
std::string to_table(const std::vector<figure_summary>& figures);

/// Everything: the machine, each summary, and each round.
std::string to_json(const machine& machine, const std::vector<figure_summary>& figures,
                    const std::vector<figure>& rounds);

/// One line for each summary, after a line of names.
std::string to_csv(const std::vector<figure_summary>& figures);

/// Writes `benchmark.txt`, `benchmark.json` and `benchmark.csv`, and the charts `throughput.svg`
/// and `latency.svg`.
/// @throws std::runtime_error if one cannot be written.
void write_files(const std::filesystem::path& directory, const machine& machine,
                 const std::vector<figure_summary>& figures, const std::vector<figure>& rounds);

}  // namespace talaria::bench
