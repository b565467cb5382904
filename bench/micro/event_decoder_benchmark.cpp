#include "bench/load/event_payload.hpp"
#include "http/event_decoder.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <stdexcept>
#include <string>

using namespace talaria;

namespace {

std::string body_with(std::int64_t payload_bytes) {
  return fmt::format(R"({{"event_type":"order.payment.settled","payload":{}}})",
                     load::make_payload(static_cast<std::size_t>(payload_bytes)));
}

/// Checks the whole body and takes it apart, the payload byte for byte.
void decode_an_event(benchmark::State& state) {
  const auto body = body_with(state.range(0));
  for (auto _ : state) {
    auto decoded = http::decode_event(body, std::nullopt);
    if (!decoded)
      throw std::runtime_error(decoded.error().detail);
    benchmark::DoNotOptimize(decoded->draft.event.get());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
}

/// With a key, for which the body is hashed as well.
void decode_an_idempotent_event(benchmark::State& state) {
  const auto body = body_with(state.range(0));
  for (auto _ : state) {
    auto decoded = http::decode_event(body, "an-idempotency-key");
    if (!decoded)
      throw std::runtime_error(decoded.error().detail);
    benchmark::DoNotOptimize(decoded->draft.event.get());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
}

void decode_a_batch_of_100(benchmark::State& state) {
  std::string body = R"({"events":[)";
  for (int event = 0; event < 100; ++event)
    body.append(event == 0 ? "" : ",").append(body_with(state.range(0)));
  body += "]}";
  for (auto _ : state) {
    auto decoded = http::decode_batch(body);
    if (!decoded || !decoded->faults.empty())
      throw std::runtime_error("the batch is refused");
    benchmark::DoNotOptimize(decoded->events.data());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 100);
}

BENCHMARK(decode_an_event)->Arg(300)->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(decode_an_idempotent_event)->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(decode_a_batch_of_100)->Arg(300)->Arg(1'000);

}  // namespace
