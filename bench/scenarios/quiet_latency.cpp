#include "bench/receiver/sink.hpp"
#include "bench/scenarios/delivered.hpp"
#include "bench/scenarios/product.hpp"
#include "bench/scenarios/scenarios.hpp"

namespace talaria::bench {

namespace {

constexpr double events_per_second = 200;
constexpr std::size_t clients = 16;
constexpr std::uint32_t requests_in_flight = 16;
constexpr auto name = "latency to the receiver at 200 events/s";

figure measure(const settings& settings) {
  arrivals arrived;
  const sink receiver{make_answer(204, ""),
                      [&](const received_request& request) { arrived.take(request); }};
  product talaria{settings};
  talaria.api().subscribe(
      {.receiver_url = receiver.url() + "/receivers/0", .max_in_flight = requests_in_flight});
  auto options = talaria.load_options(settings);
  options.clients = clients;
  options.events_per_second = events_per_second;
  const auto meter = talaria.start_meter();
  const auto report = talaria.run(options);
  figure measured{
      .name = name, .per_second = report.events_per_second(), .unit = "events", .paced = true};
  talaria.describe_cost(measured, meter, report.events_accepted);
  add_faults(measured, report);
  check_delivered(measured, talaria, arrived, report.events_accepted);
  measured.latency = summarize(arrived.summarize().latency);
  const auto answers = summarize(report.latency);
  measured.details["answer_p50_ms"] = answers.p50;
  measured.details["answer_p99_ms"] = answers.p99;
  // A machine too busy for the pace tells nothing of latency.
  measured.details["events_not_submitted"] = static_cast<double>(report.events_not_submitted);
  talaria.stop(measured);
  return measured;
}

}  // namespace

scenario quiet_latency() {
  return {name, &measure};
}

}  // namespace talaria::bench
