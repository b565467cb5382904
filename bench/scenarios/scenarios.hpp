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

/// A Talaria that is started on a million deliveries of paused subscriptions, which are resumed at
/// once.
scenario million_pending();

/// Each of many subscriptions wants events of its own type, and few of these are submitted.
scenario many_subscriptions();
/// 100,000 subscriptions with something to do: how long does a look at their actors take?
scenario inspection();

/// From the submission to a healthy receiver, beside a thousand that take 5 s to answer and have so
/// many requests under way each. Ten are more than Talaria lets out at once in all.
scenario slow_receivers_beside(std::size_t requests_each);

/// All, in the order of the report.
std::vector<scenario> all_scenarios();

}  // namespace talaria::bench
