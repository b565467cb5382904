#include "bench/ceilings/ceilings.hpp"
#include "bench/scenarios/product.hpp"
#include "bench/scenarios/scenarios.hpp"

#include <fmt/format.h>

namespace talaria::bench {

namespace {

/// A paused subscription's receiver, which nothing is sent to.
constexpr auto nobody = "http://127.0.0.1:9/";

std::string name_of(ingest_shape shape) {
  auto name = shape.batch_events == 1 ? std::string{"ingest"}
                                      : fmt::format("ingest, batches of {}", shape.batch_events);
  if (shape.payload_bytes >= 1000)
    name += fmt::format(", {} KB", shape.payload_bytes / 1000);
  return fmt::format("{}, {} connections", name, shape.clients);
}

std::vector<std::string> ceilings_of(const settings& settings, ingest_shape shape) {
  // Those of other sizes are not measured.
  if (shape.payload_bytes != ingest_shape{}.payload_bytes)
    return {};
  return {http_ceiling_name(shape.clients, shape.batch_events), store_ceiling_name(settings)};
}

/// What was answered 202 must be in the store, event by event, with its delivery.
void check_stored(figure& measured, const product_counters& counters, std::uint64_t pending,
                  const load::load_report& report) {
  if (report.events_unanswered > 0)
    return;
  if (counters.accepted != report.events_accepted || pending != report.events_accepted)
    measured.faults.push_back(
        fmt::format("{} events were accepted, {} counted, and {} deliveries are in the store",
                    report.events_accepted, counters.accepted, pending));
}

figure measure(const settings& settings, ingest_shape shape) {
  product talaria{settings};
  talaria.api().pause(talaria.api().subscribe({.receiver_url = nobody, .max_in_flight = 16}));
  auto options = talaria.load_options(settings);
  options.clients = shape.clients;
  options.batch_events = shape.batch_events;
  options.payload_bytes = shape.payload_bytes;
  const auto meter = talaria.start_meter();
  const auto report = talaria.run(options);
  figure measured{.name = name_of(shape),
                  .per_second = report.events_per_second(),
                  .unit = "events",
                  .latency = summarize(report.latency),
                  .ceilings = ceilings_of(settings, shape)};
  talaria.describe_cost(measured, meter, report.events_accepted);
  const auto counters = talaria.api().counters();
  if (counters.appends > 0)
    measured.details["events_per_commit"] =
        static_cast<double>(counters.accepted) / static_cast<double>(counters.appends);
  add_faults(measured, report);
  check_stored(measured, counters, talaria.api().pending(), report);
  talaria.stop(measured);
  return measured;
}

}  // namespace

scenario ingest(ingest_shape shape) {
  return {name_of(shape), [=](const settings& settings) { return measure(settings, shape); }};
}

}  // namespace talaria::bench
