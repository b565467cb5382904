#include "bench/load/load_report.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <iterator>

namespace talaria::load {

namespace {

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>{duration}.count();
}

std::string answers_text(const load_report& report) {
  std::string text;
  for (const auto& [status, answers] : report.answers_by_status)
    text += fmt::format("{}{} x {}", text.empty() ? "" : ", ", answers, status);
  return text.empty() ? "none" : text;
}

}  // namespace

double load_report::events_per_second() const {
  const std::chrono::duration<double> seconds = elapsed;
  return seconds.count() > 0 ? static_cast<double>(events_accepted) / seconds.count() : 0;
}

std::string to_text(const load_report& report) {
  const auto& latency = report.latency;
  const std::chrono::duration<double> elapsed = report.elapsed;
  auto text = fmt::format("accepted   {} events in {:.1f} s: {:.0f} events/s\n",
                          report.events_accepted, elapsed.count(), report.events_per_second());
  fmt::format_to(std::back_inserter(text),
                 "latency    p50 {:.2f} ms, p95 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms\n",
                 milliseconds(latency.quantile(0.50)), milliseconds(latency.quantile(0.95)),
                 milliseconds(latency.quantile(0.99)), milliseconds(latency.max()));
  text += fmt::format("answers    {}\n", answers_text(report));
  text += fmt::format("errors     {} events refused, {} unanswered; {} connections lost\n",
                      report.events_refused, report.events_unanswered, report.connections_lost);
  if (report.events_not_submitted > 0)
    text += fmt::format("late       {} events were due, and not submitted before the end\n",
                        report.events_not_submitted);
  return text;
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
