#include "domain/limits.hpp"
#include "domain/signature.hpp"
#include "domain/signing_secret.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <vector>

using namespace talaria::domain;

namespace {

constexpr timestamp now{std::chrono::seconds{1'614'265'330}};

std::vector<signing_secret> secrets_of(std::size_t count) {
  return std::vector<signing_secret>(
      count, {.key = std::string(limits::secret_key_bytes_default, 'k'), .expires_at = {}});
}

void sign(benchmark::State& state, std::size_t secrets) {
  const auto keys = secrets_of(secrets);
  const std::string body(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    auto signature = sign_standard_v1(keys, "019b0000-0000-7000-8000-000000000000", body, now);
    benchmark::DoNotOptimize(signature.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

void sign_with_one_secret(benchmark::State& state) {
  sign(state, 1);
}

/// While a secret is being rotated, both sign.
void sign_with_two_secrets(benchmark::State& state) {
  sign(state, 2);
}

BENCHMARK(sign_with_one_secret)->Arg(512)->Arg(4 * 1024)->Arg(64 * 1024);
BENCHMARK(sign_with_two_secrets)->Arg(512)->Arg(4 * 1024)->Arg(64 * 1024);

}  // namespace
