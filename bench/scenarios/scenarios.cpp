#include "bench/scenarios/scenarios.hpp"

namespace talaria::bench {

std::vector<scenario> all_scenarios() {
  std::vector<scenario> all;
  for (const std::size_t clients : {16U, 64U, 256U, 512U})
    all.push_back(ingest({.clients = clients}));
  all.push_back(ingest({.clients = 16, .batch_events = 100}));
  for (const std::size_t payload_bytes : {10'000U, 100'000U})
    all.push_back(ingest({.clients = 64, .payload_bytes = payload_bytes}));
  for (const std::size_t payload_bytes : {300U, 10'000U, 100'000U})
    all.push_back(end_to_end(payload_bytes));
  all.push_back(burst());
  all.push_back(quiet_latency());
  for (const std::size_t hosts : {100U, 1U})
    all.push_back(fan_out(hosts));
  all.push_back(million_pending());
  all.push_back(many_subscriptions());
  all.push_back(inspection());
  for (const std::size_t requests_each : {1U, 10U})
    all.push_back(slow_receivers_beside(requests_each));
  return all;
}

}  // namespace talaria::bench
