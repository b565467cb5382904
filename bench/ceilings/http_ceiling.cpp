#include "bench/ceilings/ceilings.hpp"
#include "bench/load/run_load.hpp"
#include "bench/product/cpu_meter.hpp"
#include "bench/receiver/sink.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace talaria::bench {

namespace {

/// As long as Talaria's answers are.
std::string answer_body(std::size_t batch_events) {
  constexpr std::string_view single =
      R"({"id":"019b0000-0000-7000-8000-000000000000","event_type":"bench.event",)"
      R"("received_at":"2026-01-01T00:00:00.000000Z","duplicate":false})";
  constexpr std::string_view one =
      R"({"id":"019b0000-0000-7000-8000-000000000000","duplicate":false})";
  if (batch_events == 1)
    return std::string{single};
  std::string body =
      fmt::format(R"({{"accepted":{},"duplicates":0,"events":[{})", batch_events, one);
  for (std::size_t event = 1; event < batch_events; ++event)
    body.append(",").append(one);
  return body + "]}";
}

figure measure(const settings& settings, std::size_t clients, std::size_t batch_events) {
  const sink server{make_answer(202, answer_body(batch_events))};
  load::load_options options;
  options.url = server.url();
  options.api_key = "none-is-looked-at";
  options.clients = clients;
  options.batch_events = batch_events;
  options.duration = settings.duration;
  const cpu_meter meter;
  const auto report = load::run_load(options);
  if (!report)
    throw std::runtime_error(report.error().detail);
  figure measured{.name = http_ceiling_name(clients, batch_events),
                  .per_second = report->events_per_second(),
                  .unit = "events",
                  .latency = summarize(report->latency),
                  .others_cpu = meter.others()};
  if (report->events_accepted > 0)
    measured.cpu_us = std::chrono::duration<double, std::micro>{server.cpu_time()}.count() /
                      static_cast<double>(report->events_accepted);
  if (!report->clean())
    measured.faults.push_back("not every request was answered");
  return measured;
}

}  // namespace

std::string http_ceiling_name(std::size_t clients, std::size_t batch_events) {
  return batch_events == 1 ? fmt::format("ceiling: HTTP alone, {} connections", clients)
                           : fmt::format("ceiling: HTTP alone, batches of {}, {} connections",
                                         batch_events, clients);
}

scenario http_ceiling(std::size_t clients, std::size_t batch_events) {
  return {http_ceiling_name(clients, batch_events),
          [=](const settings& settings) { return measure(settings, clients, batch_events); }};
}

}  // namespace talaria::bench
