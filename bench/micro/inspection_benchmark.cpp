#include "domain/state_names.hpp"
#include "supervision/inspection.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>

using namespace talaria;

namespace {

constexpr std::array<supervision::gauge, 3> gauges{
    "pending", "waiting", supervision::gauge{"breaker", domain::breaker_state_texts}};
constexpr std::int64_t actors = 100'000;

const supervision::directory& many_actors() {
  static supervision::directory made;
  if (made.size() > 0)
    return made;
  for (std::int64_t i = 0; i < actors; ++i) {
    const auto card =
        made.enter(fmt::format("/ingest/subscription-{}", i), "subscription", {}, gauges);
    card->set_gauge(0, i % 1'000);
    card->set_gauge(2, i % 100 == 0 ? 1 : 0);
    card->set_labels({{"subscription_id", fmt::format("0198c0de-0000-7000-8000-{:012}", i)},
                      {"application_id", fmt::format("0198c0de-0000-7000-8000-{:012}", i % 100)}});
  }
  return made;
}

supervision::actor_query page_of_250() {
  supervision::actor_query query;
  query.counted_gauge = "breaker";
  return query;
}

void look(benchmark::State& state, const supervision::actor_query& query) {
  const auto& all = many_actors();
  for (auto _ : state)
    benchmark::DoNotOptimize(supervision::inspect(all, query));
}

void look_by_path(benchmark::State& state) {
  look(state, page_of_250());
}

void look_by_pending(benchmark::State& state) {
  auto query = page_of_250();
  query.order = supervision::actor_order::gauge;
  query.order_gauge = "pending";
  look(state, query);
}

void look_for_open_breakers(benchmark::State& state) {
  auto query = page_of_250();
  query.gauge_text = {"breaker", "open"};
  look(state, query);
}

void look_for_application(benchmark::State& state) {
  auto query = page_of_250();
  query.label = {"application_id", "0198c0de-0000-7000-8000-000000000007"};
  look(state, query);
}

BENCHMARK(look_by_path)->Unit(benchmark::kMillisecond);
BENCHMARK(look_by_pending)->Unit(benchmark::kMillisecond);
BENCHMARK(look_for_open_breakers)->Unit(benchmark::kMillisecond);
BENCHMARK(look_for_application)->Unit(benchmark::kMillisecond);

}  // namespace
