#pragma once

#include "http/front.hpp"
#include "http/process_metrics.hpp"
#include "http/services.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <functional>
#include <string>

namespace talaria::http {

/// Renders all metrics in the text format of Prometheus, having first asked those for their values
/// that nobody pushes: of the process, the connections, the load and the faults. Not thread-safe.
class scraper {
public:
  scraper(const services& services, std::function<connection_counts()> connections);

  std::string scrape();

private:
  void refresh_connections();
  void refresh_load();
  void refresh_faults();

  const services& services_;
  std::function<connection_counts()> connections_;
  process_metrics process_;
  prometheus::Gauge& connections_open_;
  prometheus::Counter& connections_refused_;
  prometheus::Gauge& submissions_in_progress_;
  prometheus::Gauge& submissions_max_;
  prometheus::Gauge& outcomes_waiting_;
  prometheus::Gauge& draining_;
  prometheus::Gauge& faults_active_;
  prometheus::Counter& faults_fired_;
};

}  // namespace talaria::http
