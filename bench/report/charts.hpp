#pragma once

#include "bench/report/figure.hpp"

#include <string>
#include <vector>

namespace talaria::bench {

/// A bar for each figure whose pace was found, not given; Talaria's in front of the slowest of
/// their ceilings. An SVG document.
std::string to_throughput_chart(const std::vector<figure_summary>& figures);

/// Percentiles of each figure that has latencies, on a logarithmic scale. An SVG document.
std::string to_latency_chart(const std::vector<figure_summary>& figures);

}  // namespace talaria::bench
