#include "bench/load/run_load.hpp"

#include "bench/load/event_payload.hpp"
#include "bench/load/generator.hpp"
#include "domain/event.hpp"
#include "domain/limits.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace talaria::load {

namespace {

using domain::ec;
using domain::fail;
using domain::result;

result<void> check_range(std::string_view option, std::size_t value, std::size_t min,
                         std::size_t max) {
  if (value < min || value > max)
    return fail(ec::invalid_value, fmt::format("{} must be from {} to {}", option, min, max),
                std::string{option});
  return {};
}

/// A control character would end the header that carries the key.
bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isprint(c) != 0; });
}

result<void> check_sizes(const load_options& options) {
  for (const auto& checked :
       {check_range("clients", options.clients, 1, clients_max),
        check_range("batch", options.batch_events, 1, domain::limits::batch_events_max),
        check_range("payload", options.payload_bytes, payload_bytes_min,
                    domain::limits::payload_bytes_max),
        check_range("batch", options.batch_events * options.payload_bytes, 1,
                    domain::limits::batch_bytes_max)}) {
    if (!checked)
      return checked;
  }
  return {};
}

result<void> check(const load_options& options) {
  if (auto sizes = check_sizes(options); !sizes)
    return sizes;
  if (options.duration.count() <= 0 || options.request_timeout.count() <= 0)
    return fail(ec::invalid_value, "durations must be positive", "duration");
  if (options.events_per_second && *options.events_per_second <= 0)
    return fail(ec::invalid_value, "the rate must be positive", "rate");
  if (options.event_types.empty() ||
      !std::all_of(options.event_types.begin(), options.event_types.end(), domain::is_event_type))
    return fail(ec::invalid_value, "event types are identifiers with full stops between them",
                "event-types");
  if (!is_header_text(options.api_key))
    return fail(ec::invalid_value, "the key has a character that no key has", "key");
  return {};
}

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>{duration}.count();
}

}  // namespace

result<load_report> run_load(const load_options& options,
                             const std::function<void(const load_progress&)>& progress) {
  if (const auto checked = check(options); !checked)
    return tl::unexpected(checked.error());
  auto where = resolve_target(options.url);
  if (!where)
    return tl::unexpected(where.error());
  return generator{options, *std::move(where)}.run(progress);
}

double load_report::events_per_second() const {
  const std::chrono::duration<double> seconds = elapsed;
  return seconds.count() > 0 ? static_cast<double>(events_accepted) / seconds.count() : 0;
}

std::string to_json(const load_report& report) {
  boost::json::object statuses;
  for (const auto& [status, answers] : report.answers_by_status)
    statuses[std::to_string(status)] = answers;
  const auto& latency = report.latency;
  return boost::json::serialize(
      boost::json::object{{"elapsed_ms", milliseconds(report.elapsed)},
                          {"events_per_second", report.events_per_second()},
                          {"events_accepted", report.events_accepted},
                          {"events_refused", report.events_refused},
                          {"events_unanswered", report.events_unanswered},
                          {"events_not_submitted", report.events_not_submitted},
                          {"requests_answered", report.requests_answered},
                          {"connections_lost", report.connections_lost},
                          {"answers_by_status", std::move(statuses)},
                          {"latency_ms",
                           {{"mean", milliseconds(latency.mean())},
                            {"p50", milliseconds(latency.quantile(0.50))},
                            {"p95", milliseconds(latency.quantile(0.95))},
                            {"p99", milliseconds(latency.quantile(0.99))},
                            {"max", milliseconds(latency.max())}}}});
}

}  // namespace talaria::load
