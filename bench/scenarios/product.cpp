#include "bench/scenarios/product.hpp"

#include "bench/load/run_load.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <thread>

namespace talaria::bench {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

/// Without a delivery for so long, none is to come.
constexpr auto drain_patience = 15s;
constexpr auto drain_look_interval = 10ms;
constexpr double mib = 1024.0 * 1024;

}  // namespace

product::product(const settings& settings)
    : directory_{settings.directory / "talaria-bench"},
      store_{settings.postgresql_url, directory_.path()},
      binary_{settings.talaria} {
  start();
}

void product::start() {
  process_.emplace(binary_, directory_.path(), store_.url());
  api_.emplace(process_->url(), process_->key());
}

steady_clock::time_point product::restart() {
  process_->stop();
  const auto started = steady_clock::now();
  start();
  return started;
}

double product::resident_mib() const {
  return static_cast<double>(process_->resident_bytes()) / mib;
}

double product::resident_mib_max() const {
  return static_cast<double>(process_->resident_bytes_max()) / mib;
}

load::load_options product::load_options(const settings& settings) const {
  load::load_options options;
  options.url = process_->url();
  options.api_key = process_->key();
  options.duration = settings.duration;
  return options;
}

load::load_report product::run(const load::load_options& options) const {
  auto report = load::run_load(options);
  if (!report)
    throw std::runtime_error(report.error().detail);
  return *std::move(report);
}

cpu_meter product::start_meter() const {
  return cpu_meter{[this] { return process_->cpu_time(); },
                   [this] { return store_.server_cpu_time(); }};
}

void product::describe_cost(figure& measured, const cpu_meter& meter, std::uint64_t units) const {
  measured.others_cpu = meter.others();
  if (units > 0) {
    const std::chrono::duration<double, std::micro> store = meter.store();
    const std::chrono::duration<double, std::micro> all = meter.product() + meter.store();
    measured.cpu_us = all.count() / static_cast<double>(units);
    if (store.count() > 0)
      measured.details["store_cpu_us"] = store.count() / static_cast<double>(units);
  }
  measured.details["resident_mib_max"] = resident_mib_max();
}

std::chrono::nanoseconds product::drain(std::uint64_t deliveries) const {
  const auto started = steady_clock::now();
  auto last_progress = started;
  std::uint64_t last_ended = 0;
  while (true) {
    const auto counters = api_->counters();
    const auto ended = counters.delivered + counters.dead;
    const auto now = steady_clock::now();
    if (ended > last_ended)
      last_progress = now;
    if (ended >= deliveries || now - last_progress > drain_patience)
      return now - started;
    last_ended = ended;
    std::this_thread::sleep_for(drain_look_interval);
  }
}

void product::stop(figure& measured) {
  try {
    process_->stop();
  } catch (const std::runtime_error& failure) {
    measured.faults.emplace_back(failure.what());
  }
}

void add_faults(figure& measured, const load::load_report& report) {
  if (report.clean() && report.connections_lost == 0)
    return;
  std::string statuses;
  for (const auto& [status, answers] : report.answers_by_status)
    statuses += fmt::format(" {} x {}", answers, status);
  measured.faults.push_back(fmt::format(
      "of the events {} were refused and {} unanswered; {} connections were lost; answers:{}",
      report.events_refused, report.events_unanswered, report.connections_lost, statuses));
}

}  // namespace talaria::bench
