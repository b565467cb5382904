#include "bench/receiver/sink.hpp"

#include "bench/load/run_load.hpp"

#include <doctest/doctest.h>

using namespace talaria;
using namespace talaria::bench;
using namespace std::chrono_literals;

namespace {

load::load_options options_for(const sink& server) {
  load::load_options options;
  options.url = server.url();
  options.clients = 3;
  options.events_max = 9;
  return options;
}

}  // namespace

TEST_CASE("a sink that is slow answers every request, each no earlier than it says") {
  const sink server{make_answer(202, "{}"), {}, 1, 40ms};
  const auto report = load::run_load(options_for(server));
  REQUIRE(report);
  CHECK(report->clean());
  CHECK(report->events_accepted == 9);
  CHECK(report->latency.quantile(0) >= 40ms);
  CHECK(server.answered() == 9);
}

TEST_CASE("an answer that nobody waits for any more is not sent to someone else") {
  const sink server{make_answer(202, "{}"), {}, 1, 100ms};
  auto impatient = options_for(server);
  impatient.request_timeout = 10ms;
  const auto given_up = load::run_load(impatient);
  REQUIRE(given_up);
  CHECK(given_up->events_unanswered == 3);
  // Their descriptors are taken again by the next connections.
  const auto report = load::run_load(options_for(server));
  REQUIRE(report);
  CHECK(report->events_accepted == 9);
  CHECK(report->latency.quantile(0) >= 100ms);
}
