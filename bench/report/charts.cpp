#include "bench/report/charts.hpp"

#include "bench/report/numbers.hpp"
#include "bench/report/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace talaria::bench {

namespace {

constexpr double page_width = 1040;
/// Names to the left of it, values to the right of `plot_right`.
constexpr double plot_left = 370;
constexpr double plot_right = 810;
constexpr double values_left = plot_right + 22;
constexpr double plot_width = plot_right - plot_left;
constexpr double head_height = 78;
constexpr double row_height = 26;
constexpr double foot_height = 14;
constexpr double bar_height = 14;
/// From a row's middle to the base line of its text.
constexpr double base_line = 4.5;

constexpr std::string_view page_color = svg_page::color;
constexpr std::string_view product_color = "#1f6feb";
constexpr std::string_view ceiling_color = "#afb8c1";
constexpr std::string_view behind_color = "#dde3ea";
constexpr std::string_view grid_color = "#e6eaef";
constexpr std::string_view faint_color = "#59636e";

using text_style = svg_page::text_style;
using align = svg_page::align;
using summaries = std::vector<figure_summary>;

bool is_ceiling(const figure_summary& summary) {
  return summary.median.name.starts_with("ceiling: ");
}

/// Talaria's first, then the ceilings; each in the report's order.
summaries in_groups(summaries figures) {
  std::ranges::stable_partition(figures,
                                [](const figure_summary& summary) { return !is_ceiling(summary); });
  return figures;
}

double middle_of(std::size_t row) {
  return head_height + (static_cast<double>(row) + 0.5) * row_height;
}

svg_page page_for(std::size_t rows) {
  return {page_width, head_height + static_cast<double>(rows) * row_height + foot_height};
}

void put_title(svg_page& page, std::string_view title, std::string_view explanation) {
  page.text({16, 26}, title, {.size = 17, .bold = true});
  page.text({16, 46}, explanation, {.size = 12, .color = faint_color});
}

void put_name(svg_page& page, std::size_t row, const std::string& name) {
  page.text({plot_left - 10, middle_of(row) + base_line}, name, {.aligned = align::end});
}

void put_grid_line(svg_page& page, std::size_t rows, double x, const std::string& label) {
  const double bottom = head_height + static_cast<double>(rows) * row_height;
  page.line({x, head_height - 4}, {x, bottom}, 1, grid_color);
  page.text({x, head_height - 9}, label,
            {.aligned = align::middle, .size = 11, .color = faint_color});
}

/// 1, 2 or 5 times a power of ten, so that at most six of them make up the greatest value.
double tick_step(double greatest) {
  constexpr double ticks_max = 6;
  const double least = greatest / ticks_max;
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double multiple : {1.0, 2.0, 5.0}) {
    if (multiple * power >= least)
      return multiple * power;
  }
  return 10 * power;
}

/// As in 150k.
std::string tick_label(double value) {
  return value >= 1000 ? fmt::format("{:g}k", value / 1000) : fmt::format("{:g}", value);
}

class throughput_chart {
public:
  explicit throughput_chart(const summaries& figures)
      : figures_{in_groups(figures)}, page_{page_for(remove_others(figures_))} {
    const bool only_ceilings = !figures_.empty() && is_ceiling(figures_.front());
    for (const auto& summary : figures_) {
      if (only_ceilings || !is_ceiling(summary))
        greatest_ = std::max(
            {greatest_, summary.median.per_second, summary.ceiling_per_second.value_or(0)});
    }
  }

  std::string draw() {
    put_title(page_, "Throughput, per second",
              "Blue: Talaria. Pale, behind it: the slowest of the ceilings of its parts. Grey: a "
              "ceiling by itself, cut off if it is far above.");
    const double step = tick_step(greatest_);
    for (double tick = 0; tick <= greatest_; tick += step)
      put_grid_line(page_, figures_.size(), x_of(tick), tick_label(tick));
    for (std::size_t row = 0; row < figures_.size(); ++row)
      put_row(row);
    return page_.finish();
  }

private:
  static std::size_t remove_others(summaries& figures) {
    std::erase_if(figures, [](const figure_summary& summary) { return summary.median.paced; });
    return figures.size();
  }

  double x_of(double per_second) const { return plot_left + per_second / greatest_ * plot_width; }

  void put_bar(std::size_t row, double height, double per_second, std::string_view color) {
    const double right = std::min(x_of(per_second), plot_right);
    page_.rectangle({plot_left, middle_of(row) - height / 2}, right - plot_left, height, color);
    if (per_second > greatest_)
      page_.line({right - 9, middle_of(row) + height}, {right - 3, middle_of(row) - height}, 4,
                 page_color);
  }

  void put_row(std::size_t row) {
    const auto& summary = figures_[row];
    put_name(page_, row, summary.median.name);
    if (summary.ceiling_per_second)
      put_bar(row, bar_height + 6, *summary.ceiling_per_second, behind_color);
    put_bar(row, bar_height, summary.median.per_second,
            is_ceiling(summary) ? ceiling_color : product_color);
    auto value = fmt::format("{} {}", short_number(summary.median.per_second), summary.median.unit);
    if (summary.ratio)
      value += fmt::format(" ({:.2f})", *summary.ratio);
    page_.text({values_left, middle_of(row) + base_line}, value);
  }

  summaries figures_;
  svg_page page_;
  /// Of Talaria's figures and the ceilings that bound them: others are cut off, or they would make
  /// all else too small to see. Not zero, as it is divided by.
  double greatest_ = 1;
};

struct percentile {
  std::string_view name;
  double latency_summary::*value;
  std::string_view color;
};

/// Of a column of values.
constexpr double percentile_width = 62;

constexpr std::array percentiles{
    percentile{"p50", &latency_summary::p50, "#1f6feb"},
    percentile{"p95", &latency_summary::p95, "#bf8700"},
    percentile{"p99", &latency_summary::p99, "#cf222e"},
};

class latency_chart {
public:
  explicit latency_chart(const summaries& figures)
      : figures_{in_groups(figures)}, page_{page_for(remove_others(figures_))} {
    double least = 1;
    double greatest = 1;
    for (const auto& summary : figures_) {
      least = std::min(least, summary.median.latency->p50);
      greatest = std::max(greatest, summary.median.latency->p99);
    }
    // Whole decades, and at least one.
    first_decade_ = std::floor(std::log10(std::max(least, shortest_ms)));
    last_decade_ = std::max(std::ceil(std::log10(greatest)), first_decade_ + 1);
  }

  std::string draw() {
    put_title(page_, "Latency, in milliseconds",
              "Until the answer for ingest and ceilings, until the receiver for all others. The "
              "scale is logarithmic.");
    put_legend();
    for (double decade = first_decade_; decade <= last_decade_; ++decade) {
      const double value = std::pow(10.0, decade);
      put_grid_line(page_, figures_.size(), x_of(value), fmt::format("{:g}", value));
    }
    for (std::size_t row = 0; row < figures_.size(); ++row)
      put_row(row);
    return page_.finish();
  }

private:
  /// Whatever is shorter is drawn at its place.
  static constexpr double shortest_ms = 0.001;

  static std::size_t remove_others(summaries& figures) {
    std::erase_if(figures, [](const figure_summary& summary) { return !summary.median.latency; });
    return figures.size();
  }

  double x_of(double milliseconds) const {
    const double decade = std::log10(std::max(milliseconds, shortest_ms));
    const double part = (decade - first_decade_) / (last_decade_ - first_decade_);
    return plot_left + std::clamp(part, 0.0, 1.0) * plot_width;
  }

  void put_legend() {
    double x = values_left + 5;
    for (const auto& [name, value, color] : percentiles) {
      page_.circle({x, head_height - 13}, 4, color);
      page_.text({x + 8, head_height - 9}, name, {.size = 12});
      x += percentile_width;
    }
  }

  void put_row(std::size_t row) {
    const auto& summary = figures_[row];
    const auto& latency = *summary.median.latency;
    const double y = middle_of(row);
    put_name(page_, row, summary.median.name);
    page_.line({x_of(latency.p50), y}, {x_of(latency.p99), y}, 3, behind_color);
    double x = values_left;
    for (const auto& [name, value, color] : percentiles) {
      page_.circle({x_of(latency.*value), y}, 5, color);
      page_.text({x, y + base_line}, short_number(latency.*value), {.size = 12});
      x += percentile_width;
    }
  }

  summaries figures_;
  svg_page page_;
  double first_decade_ = 0;
  double last_decade_ = 1;
};

}  // namespace

std::string to_throughput_chart(const std::vector<figure_summary>& figures) {
  return throughput_chart{figures}.draw();
}

std::string to_latency_chart(const std::vector<figure_summary>& figures) {
  return latency_chart{figures}.draw();
}

}  // namespace talaria::bench
