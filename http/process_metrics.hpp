#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace talaria::http {

/// What the system says of this process, under the names that all Prometheus clients use. Not
/// thread-safe; the registry must outlive it.
class process_metrics {
public:
  explicit process_metrics(prometheus::Registry& registry);

  /// Reads /proc anew. What cannot be read keeps its last value.
  void refresh();

private:
  void refresh_memory();
  void refresh_cpu_time();
  void refresh_descriptors();

  prometheus::Gauge& resident_bytes_;
  prometheus::Gauge& virtual_bytes_;
  prometheus::Counter& cpu_seconds_;
  prometheus::Gauge& descriptors_open_;
  prometheus::Gauge& descriptors_max_;
  prometheus::Gauge& threads_;
  prometheus::Gauge& started_at_seconds_;
};

}  // namespace talaria::http
