#include "bench/scenarios/healthy_receiver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace talaria::bench {

namespace {

using namespace std::chrono_literals;

constexpr double events_per_second = 200;
constexpr std::uint32_t requests_in_flight = 16;
constexpr std::size_t clients = 16;
/// After the last submission.
constexpr auto arrival_patience = 30s;
constexpr auto look_interval = 10ms;

}  // namespace

void healthy_receiver::subscribe(const product& talaria) const {
  talaria.api().subscribe({.receiver_url = receiver_.url() + "/receivers/healthy",
                           .max_in_flight = requests_in_flight,
                           .event_type = event_type_});
}

std::uint64_t healthy_receiver::wait_for(std::uint64_t events) const {
  const auto deadline = std::chrono::steady_clock::now() + arrival_patience;
  while (arrived_.first() < events && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(look_interval);
  return events - std::min(events, arrived_.first());
}

void healthy_receiver::check(figure& measured, std::uint64_t events) const {
  if (const auto missing = wait_for(events); missing > 0)
    measured.faults.push_back(
        fmt::format("{} of {} events have not reached the healthy receiver {} s later", missing,
                    events, std::chrono::seconds{arrival_patience}.count()));
}

load::load_options healthy_receiver::load_for(const product& talaria,
                                              const settings& settings) const {
  auto options = talaria.load_options(settings);
  options.clients = clients;
  options.events_per_second = events_per_second;
  options.event_types = {event_type_};
  return options;
}

latency_summary measure_healthy_alone(const settings& settings) {
  const healthy_receiver healthy;
  const product talaria{settings};
  healthy.subscribe(talaria);
  healthy.wait_for(talaria.run(healthy.load_for(talaria, settings)).events_accepted);
  return healthy.latency();
}

}  // namespace talaria::bench
