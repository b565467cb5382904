#include "bench/report/report.hpp"

#include "bench/report/charts.hpp"
#include "bench/report/numbers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace talaria::bench {

namespace {

namespace json = boost::json;

json::object to_object(const latency_summary& latency) {
  return {{"p50", latency.p50}, {"p95", latency.p95}, {"p99", latency.p99}, {"max", latency.max}};
}

json::object to_object(const figure& measured) {
  json::object shown{{"name", measured.name},
                     {"per_second", measured.per_second},
                     {"unit", measured.unit},
                     {"latency_ms", nullptr},
                     {"cpu_us", nullptr},
                     {"others_cpu", measured.others_cpu},
                     {"details", json::object(measured.details.begin(), measured.details.end())},
                     {"faults", json::array(measured.faults.begin(), measured.faults.end())}};
  if (measured.latency)
    shown["latency_ms"] = to_object(*measured.latency);
  if (measured.cpu_us)
    shown["cpu_us"] = *measured.cpu_us;
  return shown;
}

json::object to_object(const figure_summary& summary) {
  auto shown = to_object(summary.median);
  shown["per_second_min"] = summary.per_second_min;
  shown["per_second_max"] = summary.per_second_max;
  shown["rounds"] = summary.rounds;
  shown["ceilings"] = json::array(summary.median.ceilings.begin(), summary.median.ceilings.end());
  shown["ratio"] = nullptr;
  if (summary.ratio)
    shown["ratio"] = *summary.ratio;
  shown["cpu_ratio"] = nullptr;
  if (summary.cpu_ratio)
    shown["cpu_ratio"] = *summary.cpu_ratio;
  return shown;
}

json::object to_object(const machine& machine) {
  return {{"processor", machine.processor},     {"processors", machine.processors},
          {"memory_gib", machine.memory_gib},   {"kernel", machine.kernel},
          {"compiler", machine.compiler},       {"store", machine.store},
          {"file_system", machine.file_system}, {"sync_ms", machine.sync_ms}};
}

template <class Number>
std::string number_or_dash(const std::optional<Number>& number) {
  return number ? short_number(*number) : "-";
}

std::string details_line(const figure& measured) {
  std::string line;
  for (const auto& [name, value] : measured.details)
    line += fmt::format("{}{} {}", line.empty() ? "    " : ", ", name, short_number(value));
  return line.empty() ? line : line + "\n";
}

std::string ratio_text(const std::optional<double>& ratio) {
  return ratio ? fmt::format("{:.2f}", *ratio) : "-";
}

std::string csv_text(std::string_view text) {
  std::string made = "\"";
  for (const char c : text)
    made += c == '"' ? "\"\"" : std::string(1, c);
  return made + "\"";
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file{path};
  file << text;
  if (!file.flush())
    throw std::runtime_error(fmt::format("{} cannot be written", path.string()));
}

}  // namespace

std::string to_table(const std::vector<figure_summary>& figures) {
  constexpr std::string_view format =
      "{:<52} {:>9} {:<10} {:>21} {:>6} {:>8} {:>8} {:>8} {:>7} {:>6} {:>7}\n";
  auto table = fmt::format(format, "", "per s", "", "from - to", "ratio", "p50 ms", "p95 ms",
                           "p99 ms", "CPU us", "ratio", "others");
  for (const auto& summary : figures) {
    const auto& middle = summary.median;
    const auto latency = [&](double latency_summary::*member) -> std::string {
      return middle.latency ? short_number(*middle.latency.*member) : "-";
    };
    table += fmt::format(format, middle.name, short_number(middle.per_second), middle.unit,
                         fmt::format("{} - {}", short_number(summary.per_second_min),
                                     short_number(summary.per_second_max)),
                         ratio_text(summary.ratio), latency(&latency_summary::p50),
                         latency(&latency_summary::p95), latency(&latency_summary::p99),
                         number_or_dash(middle.cpu_us), ratio_text(summary.cpu_ratio),
                         fmt::format("{:.0f} %", middle.others_cpu * 100));
    table += details_line(middle);
    for (const auto& fault : middle.faults)
      table += fmt::format("    FAULT: {}\n", fault);
  }
  return table;
}

std::string to_json(const machine& machine, const std::vector<figure_summary>& figures,
                    const std::vector<figure>& rounds) {
  json::array summaries;
  for (const auto& summary : figures)
    summaries.push_back(to_object(summary));
  json::array all;
  for (const auto& measured : rounds)
    all.push_back(to_object(measured));
  return json::serialize(json::object{{"machine", to_object(machine)},
                                      {"figures", std::move(summaries)},
                                      {"rounds", std::move(all)}}) +
         "\n";
}

std::string to_csv(const std::vector<figure_summary>& figures) {
  std::string text =
      "name,per_second,unit,per_second_min,per_second_max,rounds,ratio,p50_ms,p95_ms,p99_ms,"
      "max_ms,cpu_us,cpu_ratio,others_cpu,faults\n";
  for (const auto& summary : figures) {
    const auto& middle = summary.median;
    const auto optional_text = [](const std::optional<double>& value) {
      return value ? fmt::format("{}", *value) : std::string{};
    };
    const auto latency = [&](double latency_summary::*member) {
      return middle.latency ? fmt::format("{}", *middle.latency.*member) : std::string{};
    };
    text +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_text(middle.name),
                    middle.per_second, middle.unit, summary.per_second_min, summary.per_second_max,
                    summary.rounds, optional_text(summary.ratio), latency(&latency_summary::p50),
                    latency(&latency_summary::p95), latency(&latency_summary::p99),
                    latency(&latency_summary::max), optional_text(middle.cpu_us),
                    optional_text(summary.cpu_ratio), middle.others_cpu, middle.faults.size());
  }
  return text;
}

void write_files(const std::filesystem::path& directory, const machine& machine,
                 const std::vector<figure_summary>& figures, const std::vector<figure>& rounds) {
  std::filesystem::create_directories(directory);
  write_file(directory / "benchmark.txt", to_table(figures));
  write_file(directory / "benchmark.json", to_json(machine, figures, rounds));
  write_file(directory / "benchmark.csv", to_csv(figures));
  write_file(directory / "throughput.svg", to_throughput_chart(figures));
  write_file(directory / "latency.svg", to_latency_chart(figures));
}

}  // namespace talaria::bench
