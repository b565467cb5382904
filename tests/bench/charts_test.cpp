#include "bench/report/charts.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace talaria::bench;

namespace {

std::size_t count_of(const std::string& text, std::string_view wanted) {
  std::size_t count = 0;
  for (auto found = text.find(wanted); found != std::string::npos;
       found = text.find(wanted, found + wanted.size()))
    ++count;
  return count;
}

std::vector<figure_summary> samples() {
  return summarize(std::vector<figure>{
      {.name = "ceiling: inserts", .per_second = 40'000, .unit = "events"},
      {.name = "ingest, a < b & c",
       .per_second = 10'000,
       .unit = "events",
       .latency = latency_summary{.p50 = 1, .p95 = 20, .p99 = 300, .max = 4000},
       .ceilings = {"ceiling: inserts"}},
      {.name = "latency",
       .per_second = 200,
       .unit = "events",
       .paced = true,
       .latency = latency_summary{.p50 = 0.5, .p95 = 2, .p99 = 3, .max = 4}},
  });
}

}  // namespace

TEST_CASE("the chart of throughput has a bar for each figure, and its ceiling's behind it") {
  const auto chart = to_throughput_chart(samples());
  // The page, two bars, and one behind.
  CHECK(count_of(chart, "<rect") == 4);
  CHECK(chart.find("10,000 events (0.25)") != std::string::npos);
  CHECK(chart.find("40,000 events<") != std::string::npos);
}

TEST_CASE("a pace that was given is no throughput") {
  CHECK(to_throughput_chart(samples()).find(">latency<") == std::string::npos);
}

TEST_CASE("the chart of latency has three percentiles for each figure that has latencies") {
  const auto chart = to_latency_chart(samples());
  constexpr std::size_t legend = 3;
  CHECK(count_of(chart, "<circle") == legend + 2 * 3);
  CHECK(chart.find("inserts") == std::string::npos);
  CHECK(chart.find(">300<") != std::string::npos);
}

TEST_CASE("names are escaped") {
  CHECK(to_latency_chart(samples()).find("a &lt; b &amp; c") != std::string::npos);
}

TEST_CASE("charts of nothing are documents too") {
  for (const auto& chart : {to_throughput_chart({}), to_latency_chart({})}) {
    CHECK(chart.starts_with("<svg"));
    CHECK(chart.ends_with("</svg>\n"));
    CHECK(chart.find("nan") == std::string::npos);
  }
}
