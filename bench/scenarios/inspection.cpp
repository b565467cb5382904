#include "bench/scenarios/healthy_receiver.hpp"
#include "bench/scenarios/product.hpp"
#include "bench/scenarios/scenarios.hpp"

#include <fmt/format.h>

#include <array>
#include <future>
#include <stdexcept>
#include <thread>

namespace talaria::bench {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto name = "inspection: 100,000 subscription actors, looked at under load";
constexpr std::size_t subscriptions = 100'000;
constexpr std::size_t makers = 16;
constexpr std::size_t failing_hosts = 100;
/// One event of it has each of them at work, with a delivery that waits for its retry.
constexpr auto failing_type = "bench.failing";
/// Longer than all that is measured: they are to be alive, and not the load.
constexpr auto retry_after = 30min;
constexpr auto wake_patience = 5min;
constexpr auto pause_between_looks = 100ms;
/// What is asked for by those who look: a page, the busiest, the worst, the open breakers.
constexpr std::array<const char*, 4> looks{"limit=250", "sort=pending&limit=250",
                                           "sort=failures&limit=50", "breaker=open&limit=50"};
constexpr double look_ms_max = 100;

void subscribe_failing(const product& talaria, const sink& failing) {
  std::vector<std::future<void>> under_way;
  for (std::size_t maker = 0; maker < makers; ++maker)
    under_way.push_back(std::async(std::launch::async, [&, maker] {
      for (std::size_t number = maker; number < subscriptions; number += makers)
        talaria.api().subscribe(
            {.receiver_url =
                 fmt::format("{}/receivers/{}", failing.url(number % failing_hosts), number),
             .max_in_flight = 1,
             .event_type = failing_type,
             .retry_after = retry_after});
    }));
  for (auto& made : under_way)
    made.get();
}

/// Until each has made its first attempt and waits for its next.
void wait_until_awake(const product& talaria) {
  const auto deadline = steady_clock::now() + wake_patience;
  while (talaria.api().counters().retried < subscriptions) {
    if (steady_clock::now() > deadline)
      throw std::runtime_error("not every subscription came to life");
    std::this_thread::sleep_for(1s);
  }
}

load::latency_histogram look_around(const product& talaria, const std::atomic<bool>& enough) {
  load::latency_histogram latency;
  for (std::size_t i = 0; !enough; ++i) {
    const auto began = steady_clock::now();
    const auto seen = talaria.api().count_actors(looks.at(i % looks.size()));
    latency.record(steady_clock::now() - began);
    if (i % looks.size() == 0 && seen < subscriptions)
      throw std::runtime_error(fmt::format("only {} actors are alive", seen));
    std::this_thread::sleep_for(pause_between_looks);
  }
  return latency;
}

figure measure(const settings& settings) {
  const sink failing{make_answer(500, ""), {}, failing_hosts};
  // One for each run, since each counts its events from the start.
  const healthy_receiver unwatched{"bench.unwatched"};
  const healthy_receiver watched{"bench.watched"};
  product talaria{settings};
  subscribe_failing(talaria, failing);
  unwatched.subscribe(talaria);
  watched.subscribe(talaria);
  auto wake = talaria.load_options(settings);
  wake.clients = 1;
  wake.events_max = 1;
  wake.event_types = {failing_type};
  talaria.run(wake);
  wait_until_awake(talaria);

  figure measured{.name = name, .unit = "events", .paced = true};
  unwatched.check(measured, talaria.run(unwatched.load_for(talaria, settings)).events_accepted);
  std::atomic<bool> enough{false};
  auto looking = std::async(std::launch::async, [&] { return look_around(talaria, enough); });
  const auto report = talaria.run(watched.load_for(talaria, settings));
  enough = true;
  const auto looked = bench::summarize(looking.get());
  watched.check(measured, report.events_accepted);

  measured.per_second = report.events_per_second();
  measured.latency = looked;
  measured.details["healthy_p99_ms"] = watched.latency().p99;
  measured.details["healthy_p99_unwatched_ms"] = unwatched.latency().p99;
  measured.details["resident_mib"] = talaria.resident_mib();
  add_faults(measured, report);
  if (looked.p50 > look_ms_max)
    measured.faults.push_back(fmt::format("a look took {:.0f} ms", looked.p50));
  talaria.stop(measured);
  return measured;
}

}  // namespace

scenario inspection() {
  return {.name = name, .measure = &measure, .quick = false};
}

}  // namespace talaria::bench
