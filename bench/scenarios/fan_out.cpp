#include "bench/ceilings/ceilings.hpp"
#include "bench/receiver/sink.hpp"
#include "bench/scenarios/backlog.hpp"
#include "bench/scenarios/delivered.hpp"
#include "bench/scenarios/product.hpp"
#include "bench/scenarios/scenarios.hpp"

#include <fmt/format.h>

namespace talaria::bench {

namespace {

constexpr std::size_t receivers = 100;
constexpr std::size_t clients = 16;
constexpr std::uint32_t requests_in_flight = 16;
/// Submitted and not yet at every receiver.
constexpr std::uint64_t events_on_the_way = 32;

std::string name_of(std::size_t hosts) {
  return fmt::format("fan-out 1 to {} at {} host{}", receivers, hosts, hosts == 1 ? "" : "s");
}

figure measure(const settings& settings, std::size_t hosts) {
  arrivals arrived;
  const sink receiver{make_answer(204, ""),
                      [&](const received_request& request) { arrived.take(request); }, hosts};
  product talaria{settings};
  for (std::size_t number = 0; number < receivers; ++number)
    talaria.api().subscribe(
        {.receiver_url = fmt::format("{}/receivers/{}", receiver.url(number % hosts), number),
         .max_in_flight = requests_in_flight});
  auto options = talaria.load_options(settings);
  options.clients = clients;
  options.events_allowed = [&] { return arrived.first() / receivers + events_on_the_way; };

  const auto meter = talaria.start_meter();
  backlog_watch backlog{talaria.api()};
  const auto report = talaria.run(options);
  const auto course = backlog.finish();
  const std::chrono::duration<double> elapsed = report.elapsed;
  figure measured{.name = name_of(hosts),
                  .per_second = static_cast<double>(course.end.delivered) / elapsed.count(),
                  .unit = "deliveries",
                  .ceilings = {post_ceiling_name()}};
  talaria.describe_cost(measured, meter, course.end.delivered);
  measured.details["backlog_max"] = static_cast<double>(course.max);
  add_faults(measured, report);
  check_delivered(measured, talaria, arrived, report.events_accepted * receivers);
  measured.latency = summarize(arrived.summarize().latency);
  talaria.stop(measured);
  return measured;
}

}  // namespace

scenario fan_out(std::size_t hosts) {
  return {name_of(hosts), [=](const settings& settings) { return measure(settings, hosts); }};
}

}  // namespace talaria::bench
