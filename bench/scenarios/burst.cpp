#include "bench/receiver/sink.hpp"
#include "bench/scenarios/backlog.hpp"
#include "bench/scenarios/delivered.hpp"
#include "bench/scenarios/product.hpp"
#include "bench/scenarios/scenarios.hpp"

namespace talaria::bench {

namespace {

constexpr std::size_t clients = 16;
constexpr std::size_t batch_events = 100;
constexpr std::uint32_t requests_in_flight = 64;
/// For each second of a measurement: about what is delivered in one.
constexpr double events_for_each_second = 10'000;
/// Within which they must be accepted.
constexpr int patience = 10;
constexpr auto name = "a burst, until its last delivery";

figure measure(const settings& settings) {
  arrivals arrived;
  const sink receiver{make_answer(204, ""),
                      [&](const received_request& request) { arrived.take(request); }};
  product talaria{settings};
  talaria.api().subscribe(
      {.receiver_url = receiver.url() + "/receivers/0", .max_in_flight = requests_in_flight});
  auto options = talaria.load_options(settings);
  options.clients = clients;
  options.batch_events = batch_events;
  const std::chrono::duration<double> seconds = settings.duration;
  options.events_max = static_cast<std::uint64_t>(events_for_each_second * seconds.count());
  options.duration = patience * settings.duration;

  const auto meter = talaria.start_meter();
  backlog_watch backlog{talaria.api()};
  const auto started = std::chrono::steady_clock::now();
  const auto report = talaria.run(options);
  figure measured{.name = name, .unit = "events"};
  check_delivered(measured, talaria, arrived, report.events_accepted);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
  const auto course = backlog.finish();
  measured.per_second = static_cast<double>(course.end.delivered) / elapsed.count();
  talaria.describe_cost(measured, meter, course.end.delivered);
  measured.details["submitted_per_second"] = report.events_per_second();
  measured.details["backlog_max"] = static_cast<double>(course.max);
  measured.latency = summarize(arrived.summarize().latency);
  add_faults(measured, report);
  talaria.stop(measured);
  return measured;
}

}  // namespace

scenario burst() {
  return {name, &measure};
}

}  // namespace talaria::bench
