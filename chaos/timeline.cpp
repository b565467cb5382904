#include "chaos/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace talaria::chaos {

namespace {

constexpr std::size_t plot_width = 96;
constexpr std::size_t plot_rows = 4;
constexpr std::array<std::string_view, 9> eighths{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

moment column_time(moment end, std::size_t width) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(end).count();
  const auto each =
      (seconds + static_cast<std::int64_t>(width) - 1) / static_cast<std::int64_t>(width);
  return std::chrono::seconds{std::max<std::int64_t>(each, 1)};
}

double to_seconds(moment time) {
  return std::chrono::duration<double>{time}.count();
}

/// One series, as columns of blocks that are some rows high.
std::string to_bars(std::string_view name, std::string_view unit,
                    const std::vector<timeline_column>& columns, double timeline_column::*member) {
  double max = 0;
  for (const auto& column : columns)
    max = std::max(max, column.*member);
  std::string plot;
  for (std::size_t row = plot_rows; row-- > 0;) {
    const auto label = row == plot_rows - 1 ? fmt::format("{} {:.0f}{}", name, max, unit) : "";
    plot += fmt::format("{:>20} |", label);
    for (const auto& column : columns) {
      const auto height = max > 0 ? column.*member / max * static_cast<double>(8 * plot_rows) : 0;
      const auto here = std::clamp(std::ceil(height) - static_cast<double>(8 * row), 0.0, 8.0);
      plot += eighths.at(static_cast<std::size_t>(here));
    }
    plot += "\n";
  }
  return plot;
}

std::string to_marks(fault_kind kind, const std::vector<disturbance>& disturbances,
                     std::size_t columns, moment each) {
  std::string marks(columns, ' ');
  for (const auto& one : disturbances) {
    if (one.fault.kind != kind)
      continue;
    const auto last = std::min(static_cast<std::size_t>(one.until / each), columns - 1);
    for (auto at = static_cast<std::size_t>(one.from / each); at <= last; ++at)
      marks[at] = one.failure.empty() ? '#' : '-';
  }
  return fmt::format("{:>20} |{}\n", to_string(kind).substr(0, 20), marks);
}

std::set<fault_kind> kinds_of(const std::vector<disturbance>& disturbances) {
  std::set<fault_kind> kinds;
  for (const auto& each : disturbances)
    kinds.insert(each.fault.kind);
  return kinds;
}

/// When something was well again, as moments of success and when what succeeded was begun.
class recovery_clock {
public:
  explicit recovery_clock(std::vector<std::pair<moment, moment>> successes)
      : successes_{std::move(successes)} {
    std::ranges::sort(successes_, {}, &std::pair<moment, moment>::second);
  }

  /// From `since` to the end of the first that began after it.
  std::optional<moment> after(moment since) const {
    auto found =
        std::ranges::lower_bound(successes_, since, {}, &std::pair<moment, moment>::second);
    while (found != successes_.end() && found->first < since)
      ++found;
    if (found == successes_.end())
      return std::nullopt;
    return found->second - since;
  }

private:
  std::vector<std::pair<moment, moment>> successes_;
};

recovery_clock acks_of(const history& history) {
  std::vector<std::pair<moment, moment>> acks;
  for (const auto& each : history.submissions) {
    if (each.acked_at)
      acks.emplace_back(each.submitted_at, *each.acked_at);
  }
  return recovery_clock{std::move(acks)};
}

recovery_clock arrivals_of(const history& history) {
  std::vector<std::pair<moment, moment>> taken;
  for (const auto& each : history.receptions) {
    if (each.is_success() && each.is_plain)
      taken.emplace_back(each.at, each.at);
  }
  return recovery_clock{std::move(taken)};
}

std::string median_and_max(std::vector<moment> times) {
  if (times.empty())
    return "-";
  std::ranges::sort(times);
  return fmt::format("{:.2f} / {:.2f}", to_seconds(times[times.size() / 2]),
                     to_seconds(times.back()));
}

/// Whether another one came or was still there: then its end is not what was waited for.
bool was_alone(const disturbance& one, moment recovered_at,
               const std::vector<disturbance>& disturbances) {
  return std::ranges::none_of(disturbances, [&](const disturbance& other) {
    return &other != &one && other.from < recovered_at && other.until > one.until;
  });
}

struct recoveries {
  std::size_t count = 0;
  std::size_t failed = 0;
  moment lasted{};
  std::vector<moment> acked;
  std::vector<moment> taken;
};

}  // namespace

std::vector<timeline_column> make_timeline(const history& history, moment end, std::size_t width) {
  const auto each = column_time(end, width);
  std::vector<timeline_column> columns(static_cast<std::size_t>(end / each) + 1);
  const auto column_of = [&](moment at) -> timeline_column& {
    const auto index = at.count() < 0 ? 0 : static_cast<std::size_t>(at / each);
    return columns[std::min(index, columns.size() - 1)];
  };
  std::unordered_map<std::uint64_t, moment> submitted;
  for (const auto& one : history.submissions) {
    submitted.emplace(one.number, one.submitted_at);
    if (one.acked_at)
      column_of(*one.acked_at).acked_per_second += 1 / to_seconds(each);
  }
  std::set<std::pair<std::uint64_t, std::string_view>> arrived;
  for (const auto& one : history.receptions) {
    auto& column = column_of(one.at);
    if (one.is_success() && one.is_plain)
      column.taken_per_second += 1 / to_seconds(each);
    const auto found = submitted.find(one.number);
    if (found != submitted.end() && arrived.emplace(one.number, one.subscription).second)
      column.lag_ms_max = std::max(column.lag_ms_max, 1000 * to_seconds(one.at - found->second));
  }
  return columns;
}

std::string to_plot(const history& history, const std::vector<disturbance>& disturbances,
                    moment end) {
  const auto columns = make_timeline(history, end, plot_width);
  const auto each = column_time(end, plot_width);
  std::string plot = to_bars("acked/s", "", columns, &timeline_column::acked_per_second) +
                     to_bars("taken/s", "", columns, &timeline_column::taken_per_second) +
                     to_bars("lag max", " ms", columns, &timeline_column::lag_ms_max);
  for (const auto kind : kinds_of(disturbances))
    plot += to_marks(kind, disturbances, columns.size(), each);
  plot += fmt::format("{:>20} +{:-<{}}\n{:>20}  0{:>{}}\n", "", "", columns.size(),
                      fmt::format("{} s a column", each / std::chrono::seconds{1}),
                      fmt::format("{:.0f} s", to_seconds(end)), columns.size() - 1);
  return plot;
}

std::string to_recovery_table(const history& history,
                              const std::vector<disturbance>& disturbances) {
  const auto acks = acks_of(history);
  const auto arrivals = arrivals_of(history);
  std::map<fault_kind, recoveries> by_kind;
  for (const auto& one : disturbances) {
    auto& sum = by_kind[one.fault.kind];
    ++sum.count;
    sum.failed += one.failure.empty() ? 0 : 1;
    sum.lasted += one.until - one.from;
    const auto note = [&](std::optional<moment> time, std::vector<moment>& into) {
      if (time && was_alone(one, one.until + *time, disturbances))
        into.push_back(*time);
    };
    note(acks.after(one.until), sum.acked);
    note(arrivals.after(one.until), sum.taken);
  }
  auto table = fmt::format("{:<28}{:>6}{:>11}{:>10}{:>24}{:>24}\n", "fault", "times", "not done",
                           "lasted s", "to an ack s, med/max", "to a delivery s");
  for (const auto& [kind, sum] : by_kind)
    table += fmt::format("{:<28}{:>6}{:>11}{:>10.1f}{:>24}{:>24}\n", to_string(kind), sum.count,
                         sum.failed, to_seconds(sum.lasted), median_and_max(sum.acked),
                         median_and_max(sum.taken));
  return table;
}

}  // namespace talaria::chaos
