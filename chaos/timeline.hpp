#pragma once

#include "chaos/history.hpp"
#include "chaos/meddler.hpp"
#include <string>
#include <vector>

namespace talaria::chaos {

/// What a second of a run was like, on average over a column of the plot.
struct timeline_column {
  double acked_per_second = 0;
  double taken_per_second = 0;
  /// The longest time from a submission to its first arrival, of those that arrived then.
  double lag_ms_max = 0;
};

/// @param width How many columns the whole run takes, at most; each is at least a second.
std::vector<timeline_column> make_timeline(const history& history, moment end, std::size_t width);

/// A plot of rates and lag over time, with a row for each kind of fault that shows when it was on.
std::string to_plot(const history& history, const std::vector<disturbance>& disturbances,
                    moment end);

/// For each kind of fault: how often, for how long, and the time from its end to the first
/// submission that was acked, and to the first event that was taken, of those that no other fault
/// kept waiting.
std::string to_recovery_table(const history& history, const std::vector<disturbance>& disturbances);

}  // namespace talaria::chaos
