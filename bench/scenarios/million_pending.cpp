#include "bench/receiver/arrivals.hpp"
#include "bench/receiver/sink.hpp"
#include "bench/scenarios/product.hpp"
#include "bench/scenarios/scenarios.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <thread>

namespace talaria::bench {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto name = "memory: a million pending deliveries";
constexpr std::uint64_t deliveries = 1'000'000;
constexpr std::size_t subscriptions = 100;
constexpr std::uint32_t requests_in_flight = 16;
constexpr std::size_t clients = 4;
constexpr std::size_t batch_events = 500;
/// Within which they must be in the store.
constexpr auto fill_patience = 10min;
constexpr auto first_delivery_patience = 60s;
constexpr auto look_interval = 1ms;

/// One subscription for each type of event.
std::string event_type(std::size_t number) {
  return fmt::format("bench.{}", number);
}

std::vector<std::string> subscribe_paused(const product& talaria, const sink& receiver) {
  std::vector<std::string> ids;
  for (std::size_t number = 0; number < subscriptions; ++number) {
    ids.push_back(talaria.api().subscribe(
        {.receiver_url = fmt::format("{}/receivers/{}", receiver.url(), number),
         .max_in_flight = requests_in_flight,
         .event_type = event_type(number)}));
    talaria.api().pause(ids.back());
  }
  return ids;
}

void fill(const product& talaria, const settings& settings) {
  auto options = talaria.load_options(settings);
  options.clients = clients;
  options.batch_events = batch_events;
  options.events_max = deliveries;
  options.duration = fill_patience;
  options.event_types.clear();
  for (std::size_t number = 0; number < subscriptions; ++number)
    options.event_types.push_back(event_type(number));
  const auto report = talaria.run(options);
  const auto pending = talaria.api().pending();
  if (report.events_accepted != deliveries || pending != deliveries)
    throw std::runtime_error(
        fmt::format("{} events were accepted, and {} deliveries are pending: not {}",
                    report.events_accepted, pending, deliveries));
}

void wait_for_first(const arrivals& arrived, steady_clock::time_point deadline) {
  while (arrived.first() == 0) {
    if (steady_clock::now() > deadline)
      throw std::runtime_error("nothing is delivered");
    std::this_thread::sleep_for(look_interval);
  }
}

void deliver_for_a_while(figure& measured, const settings& settings, const product& talaria) {
  const auto meter = talaria.start_meter();
  const auto before = talaria.api().counters();
  const auto started = steady_clock::now();
  std::this_thread::sleep_for(settings.duration);
  const auto after = talaria.api().counters();
  const std::chrono::duration<double> elapsed = steady_clock::now() - started;
  const auto delivered = after.delivered - before.delivered;
  measured.per_second = static_cast<double>(delivered) / elapsed.count();
  talaria.describe_cost(measured, meter, delivered);
  if (after.retried + after.dead > 0)
    measured.faults.push_back(
        fmt::format("{} deliveries were retried, {} are dead", after.retried, after.dead));
}

figure measure(const settings& settings) {
  arrivals arrived;
  const sink receiver{make_answer(204, ""),
                      [&](const received_request& request) { arrived.take(request); }};
  product talaria{settings};
  const auto ids = subscribe_paused(talaria, receiver);
  fill(talaria, settings);

  const auto started = talaria.restart();
  const std::chrono::duration<double> until_serving = steady_clock::now() - started;
  const auto resident_mib = talaria.resident_mib();
  for (const auto& id : ids)
    talaria.api().resume(id);
  wait_for_first(arrived, started + first_delivery_patience);
  const std::chrono::duration<double> until_first = steady_clock::now() - started;

  figure measured{.name = name, .unit = "deliveries"};
  measured.details["start_seconds"] = until_serving.count();
  measured.details["resident_mib_start"] = resident_mib;
  measured.details["first_delivery_seconds"] = until_first.count();
  deliver_for_a_while(measured, settings, talaria);
  talaria.stop(measured);
  if (const auto received = arrived.summarize(); received.repeated + received.foreign > 0)
    measured.faults.push_back(fmt::format("{} deliveries arrived again, {} are foreign",
                                          received.repeated, received.foreign));
  return measured;
}

}  // namespace

scenario million_pending() {
  return {.name = name, .measure = &measure, .quick = false};
}

}  // namespace talaria::bench
