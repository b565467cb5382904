#include "app/bench_command.hpp"

#include "app/server_options.hpp"
#include "bench/load/event_payload.hpp"
#include "domain/limits.hpp"
#include "tests/support/command_line.hpp"
#include "tests/support/scripted_receiver.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <utility>

using namespace talaria;
using namespace std::chrono_literals;
using app::bench_options;
using test_support::answer;
using test_support::arguments;
using test_support::received_request;
using test_support::scripted_receiver;

namespace {

/// @returns nothing if the command line is refused.
std::optional<bench_options> parsed(arguments given) {
  return test_support::parse(app::add_bench_options, std::move(given));
}

struct outcome {
  int exit_code = 0;
  std::string summary;
  std::string progress;
};

outcome run(const arguments& given) {
  const auto options = parsed(given);
  REQUIRE(options);
  std::ostringstream summary;
  std::ostringstream progress;
  const int code = app::run_bench(*options, summary, progress);
  return {code, summary.str(), progress.str()};
}

arguments with_server(const scripted_receiver& server, arguments more) {
  more.insert(more.end(), {"--url", server.url(""), "--key", "a-key"});
  return more;
}

/// Nothing listens there: options that are sound fail to connect, which is no fault of the usage.
int exit_code_of(arguments given) {
  {
    const scripted_receiver gone;
    given.insert(given.end(), {"--url", gone.url(""), "--key", "a-key"});
  }
  return parsed(given) ? run(given).exit_code : 2;
}

}  // namespace

TEST_CASE("without options but the key, the load is the default one") {
  const auto options = parsed({"--key", "a-key"});
  REQUIRE(options);
  CHECK(options->load.url == "http://127.0.0.1:8080");
  CHECK(options->load.api_key == "a-key");
  CHECK(options->load.duration == 10s);
  CHECK_FALSE(options->load.events_per_second);
  CHECK_FALSE(options->json);
}

TEST_CASE("the key comes from its variable, unless a flag gives it, and must be there") {
  CHECK_FALSE(parsed({}));
  REQUIRE(setenv(app::key_variable, "of-the-variable", 1) == 0);
  const auto from_variable = parsed({});
  const auto from_flag = parsed({"--key", "of-the-flag"});
  unsetenv(app::key_variable);
  REQUIRE(from_variable);
  CHECK(from_variable->load.api_key == "of-the-variable");
  REQUIRE(from_flag);
  CHECK(from_flag->load.api_key == "of-the-flag");
}

TEST_CASE("every option reaches the load") {
  const auto options =
      parsed({"--key", "k", "--application", "019b0000-0000-7000-8000-000000000000", "--duration",
              "1.5", "--rate", "200", "--batch", "7", "--payload-bytes", "1000", "--clients", "3",
              "--event-type", "a,b.c", "--event-type", "d", "--json"});
  REQUIRE(options);
  CHECK(options->load.application == "019b0000-0000-7000-8000-000000000000");
  CHECK(options->load.duration == 1500ms);
  CHECK(options->load.events_per_second == 200.0);
  CHECK(options->load.batch_events == 7);
  CHECK(options->load.payload_bytes == 1000);
  CHECK(options->load.clients == 3);
  CHECK(options->load.event_types == std::vector<std::string>{"a", "b.c", "d"});
  CHECK(options->json);
}

TEST_CASE("each bound holds at the limit, and one past it is a fault of the usage") {
  const auto at = [](const char* option, auto value) {
    return exit_code_of({option, fmt::format("{}", value)});
  };
  CHECK(at("--clients", 1) == 1);
  CHECK(at("--clients", 0) == 2);
  CHECK(at("--clients", load::clients_max + 1) == 2);
  CHECK(at("--clients", -1) == 2);
  CHECK(at("--batch", domain::limits::batch_events_max) == 1);
  CHECK(at("--batch", domain::limits::batch_events_max + 1) == 2);
  CHECK(at("--batch", 0) == 2);
  CHECK(at("--payload-bytes", load::payload_bytes_min) == 1);
  CHECK(at("--payload-bytes", load::payload_bytes_min - 1) == 2);
  CHECK(at("--payload-bytes", domain::limits::payload_bytes_max) == 1);
  CHECK(at("--payload-bytes", domain::limits::payload_bytes_max + 1) == 2);
  CHECK(at("--duration", 0.001) == 1);
  CHECK(at("--duration", 0) == 2);
  CHECK(at("--duration", 86400) == 1);
  CHECK(at("--duration", 86400.001) == 2);
  CHECK(at("--duration", "nan") == 2);
  CHECK(at("--rate", load::events_per_second_max) == 1);
  CHECK(at("--rate", load::events_per_second_max + 1) == 2);
  CHECK(at("--rate", 0) == 2);
  CHECK(at("--rate", "nan") == 2);
  CHECK(at("--application", "default") == 2);
  CHECK(at("--event-type", "a b") == 2);
}

TEST_CASE("a batch may be as long as the API takes, and not a byte longer") {
  // {"events":[{"event_type":"t","payload":...},...]} in 16 MiB.
  const std::size_t events = 100;
  const std::size_t envelopes = 13 + events * 29 + (events - 1);
  const auto payload = (domain::limits::batch_bytes_max - envelopes) / events;
  const auto code = [&](std::size_t bytes) {
    return exit_code_of({"--batch", std::to_string(events), "--event-type", "t", "--payload-bytes",
                         std::to_string(bytes)});
  };
  CHECK(code(payload) == 1);
  CHECK(code(payload + 1) == 2);
}

TEST_CASE("event types are taken in turn") {
  scripted_receiver server{answer(202, "{}")};
  const auto ended =
      run(with_server(server, {"--event-type", "a,b,c", "--clients", "1", "--duration", "0.1"}));
  CHECK(ended.exit_code == 0);
  const auto requests = server.requests();
  REQUIRE(requests.size() > 6);
  const std::vector<std::string> types{"a", "b", "c"};
  for (std::size_t number = 0; number < requests.size(); ++number) {
    const auto body = boost::json::parse(requests[number].body).as_object();
    CHECK(body.at("event_type").as_string() == types[number % types.size()]);
  }
}

TEST_CASE("an application is named in every event") {
  constexpr auto id = "019b0000-0000-7000-8000-000000000000";
  for (const auto* batch : {"1", "3"}) {
    CAPTURE(batch);
    scripted_receiver server{answer(202, "{}")};
    run(with_server(server, {"--application", id, "--batch", batch, "--duration", "0.02"}));
    const auto text = server.requests().at(0).body;
    std::size_t named = 0;
    for (auto found = text.find(id); found != std::string::npos; found = text.find(id, found + 1))
      ++named;
    CHECK(std::to_string(named) == batch);
    CHECK(boost::json::parse(text).is_object());
  }
}

TEST_CASE("the JSON summary is one object with every figure, and the only output") {
  scripted_receiver server{answer(202, "{}")};
  const auto ended = run(with_server(server, {"--json", "--duration", "0.05"}));
  CHECK(ended.exit_code == 0);
  const auto shown = boost::json::parse(ended.summary).as_object();
  for (const auto* name :
       {"elapsed_ms", "events_per_second", "events_accepted", "events_refused", "events_unanswered",
        "events_not_submitted", "requests_answered", "connections_lost"}) {
    CAPTURE(name);
    CHECK(shown.at(name).is_number());
  }
  CHECK(shown.at("events_accepted") == server.request_count());
  CHECK(shown.at("answers_by_status").at("202") == server.request_count());
  for (const auto* name : {"mean", "p50", "p95", "p99", "max"}) {
    CAPTURE(name);
    CHECK(shown.at("latency_ms").at(name).to_number<double>() > 0);
  }
}

TEST_CASE("the summary for people names events, pace, latency, answers and errors") {
  scripted_receiver server{[](const received_request& request) {
    return answer(request.on_connection == 1 ? 429 : 202, "{}");
  }};
  const auto ended = run(with_server(server, {"--clients", "2", "--duration", "0.05"}));
  CHECK(ended.exit_code == 1);
  for (const auto* text : {"events/s", "p50 ", "p95 ", "p99 ", "max ", " x 202", "2 x 429",
                           "2 events refused", "0 unanswered"}) {
    CAPTURE(text);
    CHECK(ended.summary.find(text) != std::string::npos);
  }
}

TEST_CASE("progress is reported once a second, and not in the summary") {
  scripted_receiver server{answer(202, "{}")};
  const auto ended = run(with_server(server, {"--rate", "100", "--duration", "1.2"}));
  CHECK(std::count(ended.progress.begin(), ended.progress.end(), '\n') == 1);
  CHECK(ended.progress.find("events/s") != std::string::npos);
  CHECK(ended.progress.find("0 errors") != std::string::npos);
}

TEST_CASE("an interruption ends the run early, with its summary") {
  std::atomic<bool> raised = false;
  scripted_receiver server{[&](const received_request&) {
    // A second one would end the test.
    if (!raised.exchange(true))
      raise(SIGINT);
    return answer(202, "{}");
  }};
  const auto started = std::chrono::steady_clock::now();
  const auto ended = run(with_server(server, {"--rate", "10", "--duration", "60", "--json"}));
  CHECK(std::chrono::steady_clock::now() - started < 30s);
  CHECK(ended.exit_code == 0);
  const auto shown = boost::json::parse(ended.summary).as_object();
  CHECK(shown.at("events_accepted").to_number<int>() >= 1);
  // What was not due before the interruption is not missing.
  CHECK(shown.at("events_not_submitted").to_number<int>() < 10);
}
