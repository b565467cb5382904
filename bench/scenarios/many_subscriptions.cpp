#include "bench/receiver/arrivals.hpp"
#include "bench/receiver/sink.hpp"
#include "bench/scenarios/delivered.hpp"
#include "bench/scenarios/product.hpp"
#include "bench/scenarios/scenarios.hpp"

#include <fmt/format.h>

#include <future>
#include <stdexcept>

namespace talaria::bench {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto name = "memory: 100,000 subscriptions, 1 in 100 active";
constexpr std::size_t subscriptions = 100'000;
constexpr std::size_t active_of = 100;
constexpr std::size_t makers = 16;
/// Within which they must be made.
constexpr auto make_patience = 20min;
constexpr std::uint32_t requests_in_flight = 16;
constexpr std::size_t clients = 16;
/// Submitted and not yet at their receivers.
constexpr std::uint64_t events_on_the_way = 256;

/// One subscription for each type of event.
std::string event_type(std::size_t number) {
  return fmt::format("bench.{}", number);
}

/// Every one of a maker's own.
void make_some(const api_client& api, const sink& receiver, std::size_t maker) {
  const auto deadline = steady_clock::now() + make_patience;
  for (std::size_t number = maker; number < subscriptions; number += makers) {
    if (steady_clock::now() > deadline)
      throw std::runtime_error(fmt::format("not all of {} subscriptions were made", subscriptions));
    api.subscribe({.receiver_url = fmt::format("{}/receivers/{}", receiver.url(), number),
                   .max_in_flight = requests_in_flight,
                   .event_type = event_type(number)});
  }
}

/// @returns how many a second.
double make_all(const product& talaria, const sink& receiver) {
  const auto started = steady_clock::now();
  std::vector<std::future<void>> under_way;
  for (std::size_t maker = 0; maker < makers; ++maker)
    under_way.push_back(
        std::async(std::launch::async, [&, maker] { make_some(talaria.api(), receiver, maker); }));
  for (auto& made : under_way)
    made.get();
  const std::chrono::duration<double> elapsed = steady_clock::now() - started;
  return static_cast<double>(subscriptions) / elapsed.count();
}

figure measure(const settings& settings) {
  arrivals arrived;
  const sink receiver{make_answer(204, ""),
                      [&](const received_request& request) { arrived.take(request); }};
  product talaria{settings};
  figure measured{.name = name, .unit = "deliveries"};
  measured.details["made_per_second"] = make_all(talaria, receiver);
  measured.details["resident_mib_making"] = talaria.resident_mib_max();

  const auto started = talaria.restart();
  const std::chrono::duration<double> until_serving = steady_clock::now() - started;
  measured.details["start_seconds"] = until_serving.count();
  measured.details["resident_mib_start"] = talaria.resident_mib();
  auto options = talaria.load_options(settings);
  options.clients = clients;
  options.events_allowed = [&] { return arrived.first() + events_on_the_way; };
  options.event_types.clear();
  for (std::size_t number = 0; number < subscriptions; number += active_of)
    options.event_types.push_back(event_type(number));
  const auto meter = talaria.start_meter();
  const auto report = talaria.run(options);
  const std::chrono::duration<double> elapsed = report.elapsed;
  const auto delivered = talaria.api().counters().delivered;
  measured.per_second = static_cast<double>(delivered) / elapsed.count();
  talaria.describe_cost(measured, meter, delivered);
  add_faults(measured, report);
  check_delivered(measured, talaria, arrived, report.events_accepted);
  measured.details["resident_mib"] = talaria.resident_mib();
  measured.latency = summarize(arrived.summarize().latency);
  talaria.stop(measured);
  return measured;
}

}  // namespace

scenario many_subscriptions() {
  return {.name = name, .measure = &measure, .quick = false};
}

}  // namespace talaria::bench
