#include "bench/receiver/sink.hpp"
#include "bench/scenarios/healthy_receiver.hpp"
#include "bench/scenarios/product.hpp"
#include "bench/scenarios/scenarios.hpp"

#include <fmt/format.h>

#include <future>
#include <thread>

namespace talaria::bench {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t slow_receivers = 1'000;
constexpr std::size_t slow_hosts = 100;
constexpr auto slow_answer = 5s;
constexpr std::uint32_t requests_in_flight = 16;
constexpr std::size_t clients = 16;

/// What a busy machine may add to a p99 of few milliseconds.
constexpr double noise_ms = 20;

std::string slow_type(std::size_t number) {
  return fmt::format("bench.slow.{}", number);
}

std::string name_of(std::size_t requests_each) {
  return fmt::format("memory: 1,000 slow receivers with {} under way each", requests_each);
}

/// Keeps so many requests under way at each slow receiver, evenly spread over time: a burst would
/// measure the machine, not whether they hold anything up.
load::load_options slow_load(const product& talaria, const settings& settings,
                             std::size_t requests_each) {
  auto options = talaria.load_options(settings);
  options.clients = clients;
  options.duration = settings.duration + slow_answer;
  options.events_per_second = static_cast<double>(slow_receivers * requests_each) /
                              static_cast<double>(std::chrono::seconds{slow_answer}.count());
  options.event_types.clear();
  for (std::size_t number = 0; number < slow_receivers; ++number)
    options.event_types.push_back(slow_type(number));
  return options;
}

void subscribe_slow(const product& talaria, const sink& slow) {
  for (std::size_t number = 0; number < slow_receivers; ++number)
    talaria.api().subscribe(
        {.receiver_url = fmt::format("{}/receivers/{}", slow.url(number % slow_hosts), number),
         .max_in_flight = requests_in_flight,
         .event_type = slow_type(number)});
}

void compare(figure& measured, const latency_summary& alone, const latency_summary& beside) {
  measured.latency = beside;
  measured.details["p99_alone_ms"] = alone.p99;
  measured.details["p99_to_alone"] = alone.p99 > 0 ? beside.p99 / alone.p99 : 0;
  if (beside.p99 > 2 * alone.p99 + noise_ms)
    measured.faults.push_back(
        fmt::format("slow receivers put off the healthy one: p99 {:.0f} ms", beside.p99));
}

figure measure(const settings& settings, std::size_t requests_each) {
  const auto alone = measure_healthy_alone(settings);
  const sink slow{make_answer(204, ""), {}, slow_hosts, slow_answer};
  const healthy_receiver healthy;
  product talaria{settings};
  subscribe_slow(talaria, slow);
  healthy.subscribe(talaria);

  auto slow_report = std::async(
      std::launch::async, [&] { return talaria.run(slow_load(talaria, settings, requests_each)); });
  // Until as many are under way as are to be.
  std::this_thread::sleep_for(slow_answer);
  const auto meter = talaria.start_meter();
  const auto before = talaria.api().counters();
  const auto report = talaria.run(healthy.load_for(talaria, settings));
  figure measured{.name = name_of(requests_each),
                  .per_second = report.events_per_second(),
                  .unit = "events",
                  .paced = true};
  // Of the slow ones as well: all are work that was done.
  talaria.describe_cost(measured, meter, talaria.api().counters().delivered - before.delivered);
  add_faults(measured, report);
  add_faults(measured, slow_report.get());
  healthy.check(measured, report.events_accepted);
  compare(measured, alone, healthy.latency());
  talaria.stop(measured);
  return measured;
}

}  // namespace

scenario slow_receivers_beside(std::size_t requests_each) {
  return {.name = name_of(requests_each),
          .measure = [=](const settings& settings) { return measure(settings, requests_each); },
          .quick = false};
}

}  // namespace talaria::bench
