#include "http/scraper.hpp"

#include <prometheus/text_serializer.h>

#include <utility>

namespace talaria::http {
namespace {

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help,
                         const prometheus::Labels& labels = {}) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

void add_build_info(prometheus::Registry& registry) {
  gauge(registry, "talaria_build_info", "1, with what this Talaria was built from",
        {{"version", TALARIA_VERSION}, {"compiler", __VERSION__}})
      .Set(1);
}

}  // namespace

scraper::scraper(const services& services, std::function<connection_counts()> connections)
    : services_(services),
      connections_(std::move(connections)),
      process_(services.metrics),
      connections_open_(
          gauge(services.metrics, "talaria_http_connections_open", "HTTP connections open")),
      connections_refused_(
          prometheus::BuildCounter()
              .Name("talaria_http_connections_refused_total")
              .Help("HTTP connections refused: too many were open, in all or from an address")
              .Register(services.metrics)
              .Add({})),
      submissions_in_progress_(gauge(services.metrics, "talaria_submissions_in_progress",
                                     "Submissions admitted and not yet answered")),
      submissions_max_(gauge(services.metrics, "talaria_submissions_max",
                             "Submissions that may be in progress; further ones are refused")),
      outcomes_waiting_(gauge(services.metrics, "talaria_outcomes_waiting",
                              "Outcomes of attempts that wait for the store")),
      draining_(gauge(services.metrics, "talaria_draining", "1 while the node shuts down")),
      faults_active_(gauge(services.metrics, "talaria_chaos_faults_active",
                           "Faults that somebody injected and that are neither removed nor "
                           "expired")),
      faults_fired_(prometheus::BuildCounter()
                        .Name("talaria_chaos_faults_fired_total")
                        .Help("How often injected faults acted")
                        .Register(services.metrics)
                        .Add({})) {
  add_build_info(services.metrics);
}

std::string scraper::scrape() {
  process_.refresh();
  refresh_connections();
  refresh_load();
  refresh_faults();
  return prometheus::TextSerializer().Serialize(services_.metrics.Collect());
}

void scraper::refresh_connections() {
  const auto [open, refused] = connections_();
  connections_open_.Set(static_cast<double>(open));
  connections_refused_.Increment(static_cast<double>(refused) - connections_refused_.Value());
}

void scraper::refresh_load() {
  const auto load = services_.gateway.load();
  submissions_in_progress_.Set(static_cast<double>(load.submissions_in_progress));
  submissions_max_.Set(static_cast<double>(load.submissions_max));
  outcomes_waiting_.Set(static_cast<double>(load.outcomes_waiting));
  draining_.Set(services_.draining() ? 1 : 0);
}

void scraper::refresh_faults() {
  if (services_.faults == nullptr) {
    return;
  }
  faults_active_.Set(static_cast<double>(services_.faults->active()));
  faults_fired_.Increment(static_cast<double>(services_.faults->fired_total()) -
                          faults_fired_.Value());
}

}  // namespace talaria::http
