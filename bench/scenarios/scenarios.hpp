#pragma once

#include "bench/scenarios/scenario.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

/// What Talaria does, each with an empty store and a process of its own.
namespace talaria::bench {

struct ingest_shape {
  std::size_t clients = 0;
  std::size_t batch_events = 1;
  std::size_t payload_bytes = 300;
};

/// Submissions until the commit, as fast as they are answered. One subscription takes the events
/// and is paused: each event has its delivery in the store, and none is sent.
scenario ingest(ingest_shape shape);

/// From the submission to the committed outcome, with one subscription. Clients submit while few
/// events are on their way: the rate that is sustained.
scenario end_to_end(std::size_t payload_bytes);

/// Submissions in large batches, faster than they can be delivered, until the last of them is: most
/// of them wait in the store, and are read from there.
scenario burst();

/// From the submission to the receiver, at 200 events a second.
scenario quiet_latency();

/// Each event goes to a hundred subscriptions, whose receivers are spread over so many hosts.
scenario fan_out(std::size_t hosts);

/// All, in the order of the report.
std::vector<scenario> all_scenarios();

}  // namespace talaria::bench
