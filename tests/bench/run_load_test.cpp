#include "bench/load/run_load.hpp"

#include "bench/load/event_payload.hpp"
#include "tests/support/scripted_receiver.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <set>

using namespace talaria;
using namespace talaria::load;
using namespace std::chrono_literals;
using test_support::answer;
using test_support::received_request;
using test_support::script;
using test_support::scripted_receiver;

namespace {

load_options options_for(const scripted_receiver& server) {
  load_options options;
  options.url = server.url("");
  options.api_key = "a-key-of-a-test";
  options.clients = 4;
  options.duration = 50ms;
  return options;
}

std::set<std::uint64_t> sequences_of(const std::vector<received_request>& requests) {
  std::set<std::uint64_t> sequences;
  for (const auto& request : requests) {
    constexpr std::string_view before = R"("payload":)";
    for (auto found = request.body.find(before); found != std::string::npos;
         found = request.body.find(before, found + 1)) {
      const auto stamp = read_stamp(std::string_view{request.body}.substr(found + before.size()));
      REQUIRE(stamp);
      sequences.insert(stamp->sequence);
    }
  }
  return sequences;
}

}  // namespace

TEST_CASE("single events are submitted with the key, and counted when they are accepted") {
  scripted_receiver server{answer(202, "{}")};
  const auto report = run_load(options_for(server));
  REQUIRE(report);
  CHECK(report->clean());
  CHECK(report->events_accepted == server.request_count());
  CHECK(report->answers_by_status.at(202) == report->requests_answered);
  CHECK(report->latency.count() == report->requests_answered);
  CHECK(report->events_per_second() > 0);

  const auto first = server.requests().at(0);
  CHECK(first.method == "POST");
  CHECK(first.target == "/api/v1/events");
  CHECK(first.header("authorization") == "Bearer a-key-of-a-test");
  const auto body = boost::json::parse(first.body).as_object();
  CHECK(body.at("event_type") == "bench.event");
  CHECK(body.size() == 2);
}

TEST_CASE("connections are kept") {
  scripted_receiver server{answer(202, "{}")};
  REQUIRE(run_load(options_for(server)));
  CHECK(server.connection_count() == 4);
}

TEST_CASE("a run ends when its last event is answered") {
  for (const std::size_t batch_events : {1U, 8U}) {
    CAPTURE(batch_events);
    scripted_receiver server{answer(202, "{}")};
    auto options = options_for(server);
    options.duration = std::chrono::hours{1};
    options.batch_events = batch_events;
    options.events_max = 20;
    const auto report = run_load(options);
    REQUIRE(report);
    CHECK(report->events_accepted == 20 / batch_events * batch_events);
  }
}

TEST_CASE("every event has a number of its own, from 0 on, in batches as well") {
  for (const std::size_t batch_events : {1U, 7U}) {
    CAPTURE(batch_events);
    scripted_receiver server{answer(202, "{}")};
    auto options = options_for(server);
    options.batch_events = batch_events;
    options.events_allowed = [] { return 70; };
    const auto report = run_load(options);
    REQUIRE(report);
    CHECK(report->events_accepted == 70);
    const auto sequences = sequences_of(server.requests());
    CHECK(sequences.size() == 70);
    CHECK(*sequences.rbegin() == 69);
  }
}

TEST_CASE("batches are submitted to the operation for batches") {
  scripted_receiver server{answer(202, "{}")};
  auto options = options_for(server);
  options.batch_events = 3;
  options.event_types = {"order.paid", "order.shipped"};
  REQUIRE(run_load(options));
  const auto requests = server.requests();
  CHECK(requests.at(0).target == "/api/v1/events/batch");
  std::set<std::string> types;
  for (const auto& request : requests) {
    const auto events = boost::json::parse(request.body).at("events").as_array();
    CHECK(events.size() == 3);
    types.emplace(events.at(0).at("event_type").as_string());
  }
  CHECK(types == std::set<std::string>{"order.paid", "order.shipped"});
}

TEST_CASE("a rate is kept to, and no event is left out") {
  scripted_receiver server{answer(202, "{}")};
  auto options = options_for(server);
  options.events_per_second = 1000;
  options.duration = 200ms;
  const auto report = run_load(options);
  REQUIRE(report);
  CHECK(report->events_accepted + report->events_not_submitted == 200);
}

TEST_CASE("answers other than 202 are refusals") {
  scripted_receiver server{answer(429, "{}")};
  const auto report = run_load(options_for(server));
  REQUIRE(report);
  CHECK_FALSE(report->clean());
  CHECK(report->events_accepted == 0);
  CHECK(report->events_refused == server.request_count());
  CHECK(report->answers_by_status.at(429) == report->requests_answered);
}

TEST_CASE("a connection that breaks costs its request, and is replaced if it was ever answered") {
  scripted_receiver server{[](const received_request& request) {
    return request.on_connection == 2 ? test_support::send("", script::ending::reset)
                                      : answer(202, "{}");
  }};
  const auto report = run_load(options_for(server));
  REQUIRE(report);
  CHECK(report->connections_lost > 0);
  CHECK(report->events_unanswered == report->connections_lost);
  CHECK(report->events_accepted + report->events_unanswered == server.request_count());
  CHECK(server.connection_count() > 4);
}

TEST_CASE("a run ends when no client is ever answered") {
  scripted_receiver server{test_support::send("", script::ending::reset)};
  auto options = options_for(server);
  options.duration = std::chrono::hours{1};
  const auto report = run_load(options);
  REQUIRE(report);
  CHECK(report->events_unanswered == 4);
  CHECK(report->events_accepted == 0);
}

TEST_CASE("a connection that the server closes after an answer is no loss") {
  auto closing = answer(202, "{}", {"Connection: close"});
  closing.end = script::ending::close;
  scripted_receiver server{closing};
  const auto report = run_load(options_for(server));
  REQUIRE(report);
  CHECK(report->clean());
  CHECK(report->connections_lost == 0);
  CHECK(report->events_accepted == server.request_count());
}

TEST_CASE("a request without an answer is given up after its timeout") {
  scripted_receiver server{test_support::send("", script::ending::hang)};
  auto options = options_for(server);
  options.request_timeout = 60ms;
  const auto report = run_load(options);
  REQUIRE(report);
  CHECK(report->events_unanswered == 4);
}

TEST_CASE("a server that is not there is an error") {
  load_options options;
  {
    const scripted_receiver gone;
    options.url = gone.url("");
  }
  options.duration = 10ms;
  const auto report = run_load(options);
  REQUIRE_FALSE(report);
  CHECK(report.error().code == domain::ec::store_unavailable);
}

TEST_CASE("options that make no sense are refused with their names") {
  const auto refused = [](const std::function<void(load_options&)>& spoil) {
    load_options options;
    options.duration = 10ms;
    spoil(options);
    const auto report = run_load(options);
    return report ? std::string{"accepted"} : report.error().field;
  };
  CHECK(refused([](auto& options) { options.clients = 0; }) == "clients");
  CHECK(refused([](auto& options) { options.clients = clients_max + 1; }) == "clients");
  CHECK(refused([](auto& options) { options.batch_events = 0; }) == "batch");
  CHECK(refused([](auto& options) { options.batch_events = 1001; }) == "batch");
  CHECK(refused([](auto& options) { options.payload_bytes = payload_bytes_min - 1; }) ==
        "payload-bytes");
  CHECK(refused([](auto& options) { options.duration = 0ms; }) == "duration");
  CHECK(refused([](auto& options) { options.events_per_second = 0; }) == "rate");
  CHECK(refused([](auto& options) { options.event_types = {}; }) == "event-type");
  CHECK(refused([](auto& options) { options.event_types = {"a b"}; }) == "event-type");
  CHECK(refused([](auto& options) { options.api_key = "a\r\nb"; }) == "key");
  CHECK(refused([](auto& options) { options.url = "https://127.0.0.1/"; }) == "url");
  CHECK(refused([](auto& options) { options.url = "ftp://127.0.0.1/"; }) == "url");
}

TEST_CASE("a report's JSON holds what scripts ask for") {
  load_report report;
  report.elapsed = 2s;
  report.events_accepted = 500;
  report.answers_by_status[202] = 500;
  report.latency.record(3ms);
  const auto shown = boost::json::parse(to_json(report)).as_object();
  CHECK(shown.at("events_per_second") == 250.0);
  CHECK(shown.at("answers_by_status").at("202") == 500);
  CHECK(shown.at("latency_ms").at("p99") == 3.0);
}
