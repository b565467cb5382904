#include "bench/report/figure.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

namespace talaria::bench {

namespace {

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>{duration}.count();
}

/// The lower one of the middle two: a value that was measured.
double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

using rounds = std::vector<const figure*>;

double median_of(const rounds& measured, const std::function<double(const figure&)>& value) {
  std::vector<double> values;
  for (const auto* round : measured)
    values.push_back(value(*round));
  return median(std::move(values));
}

latency_summary median_latency(const rounds& measured) {
  const auto of = [&](double latency_summary::*member) {
    return median_of(
        measured, [&](const figure& round) { return round.latency ? *round.latency.*member : 0; });
  };
  return {.p50 = of(&latency_summary::p50),
          .p95 = of(&latency_summary::p95),
          .p99 = of(&latency_summary::p99),
          .max = of(&latency_summary::max)};
}

figure_summary summarize_rounds(const rounds& measured) {
  figure_summary summary{.median = *measured.front(),
                         .per_second_min = measured.front()->per_second,
                         .per_second_max = measured.front()->per_second,
                         .rounds = measured.size(),
                         .ceiling_per_second = std::nullopt,
                         .ratio = std::nullopt,
                         .cpu_ratio = std::nullopt};
  auto& middle = summary.median;
  middle.per_second = median_of(measured, [](const figure& round) { return round.per_second; });
  middle.others_cpu = median_of(measured, [](const figure& round) { return round.others_cpu; });
  if (middle.cpu_us)
    middle.cpu_us =
        median_of(measured, [](const figure& round) { return round.cpu_us.value_or(0); });
  if (middle.latency)
    middle.latency = median_latency(measured);
  for (auto& [name, value] : middle.details) {
    value = median_of(measured, [&key = name](const figure& round) {
      const auto found = round.details.find(key);
      return found == round.details.end() ? 0 : found->second;
    });
  }
  middle.faults.clear();
  for (const auto* round : measured) {
    middle.faults.insert(middle.faults.end(), round->faults.begin(), round->faults.end());
    summary.per_second_min = std::min(summary.per_second_min, round->per_second);
    summary.per_second_max = std::max(summary.per_second_max, round->per_second);
  }
  return summary;
}

void compare(figure_summary& summary, const std::vector<figure_summary>& all) {
  const auto& measured = summary.median;
  double slowest = std::numeric_limits<double>::infinity();
  double cpu_us = 0;
  std::size_t found = 0;
  for (const auto& candidate : all) {
    const auto& ceiling = candidate.median;
    if (std::ranges::find(measured.ceilings, ceiling.name) == measured.ceilings.end() ||
        ceiling.per_second <= 0)
      continue;
    ++found;
    slowest = std::min(slowest, ceiling.per_second);
    cpu_us += ceiling.cpu_us.value_or(0);
  }
  if (found > 0) {
    summary.ceiling_per_second = slowest;
    summary.ratio = measured.per_second / slowest;
  }
  if (found > 0 && found == measured.ceilings.size() && measured.cpu_us.value_or(0) > 0)
    summary.cpu_ratio = cpu_us / *measured.cpu_us;
}

}  // namespace

latency_summary summarize(const load::latency_histogram& latency) {
  return {.p50 = milliseconds(latency.quantile(0.50)),
          .p95 = milliseconds(latency.quantile(0.95)),
          .p99 = milliseconds(latency.quantile(0.99)),
          .max = milliseconds(latency.max())};
}

std::vector<figure_summary> summarize(const std::vector<figure>& figures) {
  std::vector<std::string> names;
  std::map<std::string, rounds> by_name;
  for (const auto& measured : figures) {
    auto& same = by_name[measured.name];
    if (same.empty())
      names.push_back(measured.name);
    same.push_back(&measured);
  }
  std::vector<figure_summary> summaries;
  for (const auto& name : names)
    summaries.push_back(summarize_rounds(by_name[name]));
  for (auto& summary : summaries)
    compare(summary, summaries);
  return summaries;
}

}  // namespace talaria::bench
