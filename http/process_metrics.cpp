#include "http/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace talaria::http {
namespace {

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

double to_seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// The fields of /proc/self/stat after the command's name, which may hold anything: the first is
/// what proc(5) counts as the third.
std::vector<std::string> read_stat() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::istringstream rest(text.substr(std::min(text.rfind(')') + 1, text.size())));
  return {std::istream_iterator<std::string>(rest), {}};
}

/// As proc(5) counts them.
std::uint64_t field(const std::vector<std::string>& stat, std::size_t number) {
  return number - 3 < stat.size() ? std::stoull(stat[number - 3]) : 0;
}

constexpr std::size_t threads_field = 20;
constexpr std::size_t start_time_field = 22;

/// When the system booted, in Unix time; 0 if it does not say.
double read_boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) {
      return std::stod(line.substr(line.find(' ')));
    }
  }
  return 0;
}

double read_start_time() {
  const auto ticks = static_cast<double>(field(read_stat(), start_time_field));
  return read_boot_time() + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double descriptors_max() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::numeric_limits<double>::infinity();
  }
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

process_metrics::process_metrics(prometheus::Registry& registry)
    : resident_bytes_(
          gauge(registry, "process_resident_memory_bytes", "Memory of the process in RAM")),
      virtual_bytes_(gauge(registry, "process_virtual_memory_bytes", "Addresses of the process")),
      cpu_seconds_(prometheus::BuildCounter()
                       .Name("process_cpu_seconds_total")
                       .Help("Processor time that the process has used, its own and the system's")
                       .Register(registry)
                       .Add({})),
      descriptors_open_(gauge(registry, "process_open_fds", "File descriptors in use")),
      descriptors_max_(gauge(registry, "process_max_fds", "File descriptors that there may be")),
      threads_(gauge(registry, "process_threads", "Threads of the process")),
      started_at_seconds_(
          gauge(registry, "process_start_time_seconds", "When the process started, in Unix time")) {
  started_at_seconds_.Set(read_start_time());
  descriptors_max_.Set(descriptors_max());
}

void process_metrics::refresh() {
  refresh_memory();
  refresh_cpu_time();
  refresh_descriptors();
  threads_.Set(static_cast<double>(field(read_stat(), threads_field)));
}

void process_metrics::refresh_memory() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  if (file >> all >> resident) {
    const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    virtual_bytes_.Set(static_cast<double>(all * page_bytes));
    resident_bytes_.Set(static_cast<double>(resident * page_bytes));
  }
}

void process_metrics::refresh_cpu_time() {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    cpu_seconds_.Increment(to_seconds(used.ru_utime) + to_seconds(used.ru_stime) -
                           cpu_seconds_.Value());
  }
}

void process_metrics::refresh_descriptors() {
  std::error_code failed;
  const std::filesystem::directory_iterator all("/proc/self/fd", failed);
  if (!failed) {
    // But for the one that the iterator has open.
    descriptors_open_.Set(static_cast<double>(std::distance(begin(all), end(all)) - 1));
  }
}

}  // namespace talaria::http
