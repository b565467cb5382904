#include "domain/fan_out.hpp"

#include <benchmark/benchmark.h>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace talaria::domain;

namespace {

constexpr std::string_view event_type = "order.payment.settled";

void put(fan_out& subscriptions, std::uint32_t number, std::string pattern, labels filter = {},
         payload_filter payloads = {}) {
  subscription made;
  made.number = subscription_number{number};
  made.settings.event_types = {std::move(pattern)};
  made.settings.label_filter = std::move(filter);
  made.settings.payload_filter = std::move(payloads);
  subscriptions.put(made);
}

event submitted() {
  event made;
  made.type = event_type;
  made.labels = {{"region", "\"eu\""}, {"tier", "1"}};
  made.payload =
      fmt::format(R"({{"items":[{}0],"data":{{"amount":99.90}}}})",
                  fmt::join(std::vector<std::string_view>(40, R"({"sku":"a-1","n":1},)"), ""));
  return made;
}

void match(benchmark::State& state, const fan_out& subscriptions) {
  const auto event = submitted();
  std::size_t matches = 0;
  for (auto _ : state) {
    auto matched = subscriptions.match(event);
    matches = matched.size();
    benchmark::DoNotOptimize(matched.data());
  }
  state.counters["matches"] = static_cast<double>(matches);
}

/// Four want the event, one per kind of pattern, whatever the number of subscriptions: the cost of
/// finding them should not grow.
void fan_out_to_four(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  fan_out subscriptions;
  put(subscriptions, 1, "*");
  put(subscriptions, 2, "order.*");
  put(subscriptions, 3, "order.payment.*");
  put(subscriptions, 4, std::string{event_type});
  for (std::uint32_t number = 5; number <= count; ++number)
    put(subscriptions, number, fmt::format("other.type_{}", number % 1000));
  match(state, subscriptions);
}

/// One in ten wants the event: the cost of what is matched.
void fan_out_to_a_tenth(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  fan_out subscriptions;
  for (std::uint32_t number = 1; number <= count; ++number)
    put(subscriptions, number,
        number % 10 == 0 ? std::string{event_type} : fmt::format("other.type_{}", number % 1000));
  match(state, subscriptions);
}

/// Every subscription's pattern matches and its label filter, one of a thousand, does not: the cost
/// of a filter.
void fan_out_refused_by_labels(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  fan_out subscriptions;
  for (std::uint32_t number = 1; number <= count; ++number)
    put(subscriptions, number, "order.*", {{"region", std::to_string(number % 1000)}});
  match(state, subscriptions);
}

/// Every subscription's type matches and its payload filter, one of a hundred, does not: the cost
/// of parsing a payload of 1 KiB once, and of a comparison for each filter.
void fan_out_refused_by_payload(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  fan_out subscriptions;
  for (std::uint32_t number = 1; number <= count; ++number) {
    const boost::json::value rule{{"path", "/data/amount"}, {"eq", number % 100}};
    put(subscriptions, number, "order.*", {}, payload_filter::parse(rule).value());
  }
  match(state, subscriptions);
}

BENCHMARK(fan_out_to_four)->Arg(10)->Arg(1'000)->Arg(100'000);
BENCHMARK(fan_out_to_a_tenth)->Arg(10)->Arg(1'000)->Arg(100'000);
BENCHMARK(fan_out_refused_by_labels)->Arg(10)->Arg(1'000)->Arg(100'000);
BENCHMARK(fan_out_refused_by_payload)->Arg(10)->Arg(1'000)->Arg(100'000);

}  // namespace
