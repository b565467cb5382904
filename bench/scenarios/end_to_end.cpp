#include "bench/ceilings/ceilings.hpp"
#include "bench/receiver/sink.hpp"
#include "bench/scenarios/backlog.hpp"
#include "bench/scenarios/delivered.hpp"
#include "bench/scenarios/product.hpp"
#include "bench/scenarios/scenarios.hpp"

#include <fmt/format.h>

namespace talaria::bench {

namespace {

constexpr std::size_t clients = 64;
constexpr std::uint32_t requests_in_flight = 64;
/// Submitted and not yet at the receiver, when deliveries set the pace: what a few dozen busy
/// producers have on the way.
constexpr std::uint64_t events_on_the_way = 256;

std::string name_of(std::size_t payload_bytes) {
  return payload_bytes < 1000 ? "end to end"
                              : fmt::format("end to end, {} KB", payload_bytes / 1000);
}

std::vector<std::string> ceilings_of(const settings& settings, std::size_t payload_bytes) {
  if (payload_bytes != ingest_shape{}.payload_bytes)
    return {};
  return {http_ceiling_name(clients), store_ceiling_name(settings), post_ceiling_name()};
}

void describe(figure& measured, const backlog_watch::course& backlog) {
  measured.details["backlog_max"] = static_cast<double>(backlog.max);
  measured.details["backlog_first_third"] = backlog.first_third_mean;
  measured.details["backlog_last_third"] = backlog.last_third_mean;
  const auto commits = static_cast<double>(std::max<std::uint64_t>(backlog.end.records, 1));
  measured.details["outcomes_per_commit"] = static_cast<double>(backlog.end.delivered) / commits;
  const double tolerated = 1.5 * backlog.first_third_mean + 2 * events_on_the_way;
  if (backlog.last_third_mean > tolerated)
    measured.faults.push_back(fmt::format("the backlog grew from {:.0f} to {:.0f}",
                                          backlog.first_third_mean, backlog.last_third_mean));
}

figure measure(const settings& settings, std::size_t payload_bytes) {
  arrivals arrived;
  const sink receiver{make_answer(204, ""),
                      [&](const received_request& request) { arrived.take(request); }};
  product talaria{settings};
  talaria.api().subscribe(
      {.receiver_url = receiver.url() + "/receivers/0", .max_in_flight = requests_in_flight});
  auto options = talaria.load_options(settings);
  options.clients = clients;
  options.payload_bytes = payload_bytes;
  options.events_allowed = [&] { return arrived.first() + events_on_the_way; };

  const auto meter = talaria.start_meter();
  backlog_watch backlog{talaria.api()};
  const auto report = talaria.run(options);
  const auto course = backlog.finish();
  const std::chrono::duration<double> elapsed = report.elapsed;
  figure measured{.name = name_of(payload_bytes),
                  .per_second = static_cast<double>(course.end.delivered) / elapsed.count(),
                  .unit = "events",
                  .ceilings = ceilings_of(settings, payload_bytes)};
  talaria.describe_cost(measured, meter, course.end.delivered);
  describe(measured, course);
  measured.details["submitted_per_second"] = report.events_per_second();
  add_faults(measured, report);
  check_delivered(measured, talaria, arrived, report.events_accepted);
  measured.latency = summarize(arrived.summarize().latency);
  talaria.stop(measured);
  return measured;
}

}  // namespace

scenario end_to_end(std::size_t payload_bytes) {
  return {name_of(payload_bytes),
          [=](const settings& settings) { return measure(settings, payload_bytes); }};
}

}  // namespace talaria::bench
