#include "http/metrics.hpp"

#include "http/scraper.hpp"
#include "tests/http/api_fixture.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace talaria::http::test {
namespace {

using namespace std::chrono_literals;

/// Of the sample that is named with all its labels; -1 if there is none.
double value_in(std::string_view text, std::string_view name) {
  const auto found = text.find("\n" + std::string(name) + " ");
  if (found == std::string_view::npos) {
    return -1;
  }
  const char* const begin = text.data() + found + name.size() + 2;
  double value = -1;
  std::from_chars(begin, text.data() + text.size(), value);
  return value;
}

double scraped(api_fixture& api, std::string_view name) {
  return value_in(api.send("GET", "/metrics").body, name);
}

std::string text_of(prometheus::Registry& registry) {
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

}  // namespace

TEST_CASE("a submission's latency is counted when it is accepted, and only then") {
  api_fixture api;
  constexpr auto ingested = "talaria_ingest_duration_seconds_count";
  CHECK(scraped(api, ingested) == 0);
  api.submit();
  CHECK(scraped(api, ingested) == 1);
  api.send("POST", "/api/v1/events/batch", R"({"events":[{"type":"a","payload":1}]})");
  CHECK(scraped(api, ingested) == 2);
  CHECK(api.send("POST", "/api/v1/events", "{}").status == 422);
  api.gateway.refuse_with(domain::ec::overloaded);
  CHECK(api.send("POST", "/api/v1/events", R"({"type":"a","payload":1})").status == 429);
  CHECK(scraped(api, ingested) == 2);
}

TEST_CASE("an accepted request that is no submission has no ingest latency") {
  api_fixture api;
  const std::string id = api.subscribe();
  const std::string body = R"({"since":"2026-01-01T00:00:00Z","until":"2026-01-02T00:00:00Z"})";
  CHECK(api.send("POST", "/api/v1/subscriptions/" + id + "/recover", body).status == 202);
  CHECK(scraped(api, "talaria_ingest_duration_seconds_count") == 0);
}

TEST_CASE("a key is hashed once and remembered after that") {
  api_fixture api;
  CHECK(scraped(api, "talaria_authentication_cache_misses_total") == 0);
  api.send("GET", "/api/v1/events");
  api.send("GET", "/api/v1/events");
  api.send("GET", "/api/v1/events");
  CHECK(scraped(api, "talaria_authentication_cache_misses_total") == 1);
  CHECK(scraped(api, "talaria_authentication_cache_hits_total") == 2);
  CHECK(scraped(api, R"(talaria_authentication_duration_seconds_count{cache="miss"})") == 1);
  CHECK(scraped(api, R"(talaria_authentication_duration_seconds_count{cache="hit"})") == 2);
  CHECK(scraped(api, R"(talaria_store_operation_duration_seconds_count{operation="find_key"})") ==
        1);
  CHECK(scraped(api, "talaria_authentication_refused_total") == 0);
}

TEST_CASE("a key that is not good is counted as refused, remembered or not") {
  api_fixture api;
  const std::string unknown = "X-API-Key: tal_0123456789012345678901234567890123456789\r\n";
  CHECK(api.send_without_key("GET", "/api/v1/events", unknown).status == 401);
  CHECK(scraped(api, "talaria_authentication_refused_total") == 1);
  CHECK(api.send_without_key("GET", "/api/v1/events", unknown).status == 401);
  CHECK(scraped(api, "talaria_authentication_refused_total") == 2);
  CHECK(api.send_without_key("GET", "/api/v1/events").status == 401);
  CHECK(scraped(api, "talaria_authentication_refused_total") == 2);
}

TEST_CASE("requests to the store are timed, those that read apart from those that write") {
  api_fixture api;
  const auto counted = [&](const std::string& operation) {
    return scraped(
        api, "talaria_store_operation_duration_seconds_count{operation=\"" + operation + "\"}");
  };
  api.send("GET", "/api/v1/events");
  CHECK(counted("request_read") == 1);
  CHECK(counted("request_write") == 0);
  api.subscribe();
  CHECK(counted("request_read") == 1);
  CHECK(counted("request_write") == 1);
  api.send("GET", "/health/ready");
  CHECK(counted("probe") == 1);
  CHECK(counted("request_read") == 1);
}

TEST_CASE("the decisions of rate limits are counted apart") {
  prometheus::Registry registry;
  http_metrics counted(registry);
  counted.count_rate_limit(rate_limit_decision::allowed, std::chrono::microseconds(3));
  counted.count_rate_limit(rate_limit_decision::allowed, std::chrono::microseconds(3));
  counted.count_rate_limit(rate_limit_decision::limited, std::chrono::microseconds(3));
  const std::string text = text_of(registry);
  CHECK(value_in(text, R"(talaria_rate_limit_decisions_total{decision="allowed"})") == 2);
  CHECK(value_in(text, R"(talaria_rate_limit_decisions_total{decision="limited"})") == 1);
  CHECK(value_in(text, "talaria_rate_limit_decision_duration_seconds_count") == 3);
}

TEST_CASE("a scrape shows the node's load as it is at that moment") {
  api_fixture api;
  api.gateway.show_load(
      {.submissions_in_progress = 7, .submissions_max = 9, .outcomes_waiting = 5});
  CHECK(scraped(api, "talaria_submissions_in_progress") == 7);
  CHECK(scraped(api, "talaria_submissions_max") == 9);
  CHECK(scraped(api, "talaria_outcomes_waiting") == 5);
  CHECK(scraped(api, "talaria_draining") == 0);
  api.gateway.show_load({.submissions_max = 9});
  api.draining = true;
  CHECK(scraped(api, "talaria_submissions_in_progress") == 0);
  CHECK(scraped(api, "talaria_draining") == 1);
}

TEST_CASE("metrics are shown while no thread of the store is free") {
  api_fixture_options options;
  options.store_threads = 0;
  options.store_queue_max = 0;
  api_fixture api(options);
  CHECK(api.send("GET", "/metrics").status == 200);
}

TEST_CASE("connections that are refused because too many are open are counted") {
  api_fixture_options options;
  options.limits.connections_max = 1;
  api_fixture api(options);
  raw_client first(api.port);
  first.send(request_text("GET", "/metrics"));
  CHECK(value_in(first.receive()->body, "talaria_http_connections_refused_total") == 0);
  const reply refused = exchange_once(api.port, request_text("GET", "/health/live"));
  CHECK(refused.status == 503);
  first.send(request_text("GET", "/metrics"));
  const reply shown = first.receive().value();
  CHECK(value_in(shown.body, "talaria_http_connections_refused_total") == 1);
  CHECK(value_in(shown.body, "talaria_http_connections_open") == 1);
}

TEST_CASE("the process is shown as the system sees it") {
  prometheus::Registry registry;
  process_metrics process(registry);
  process.refresh();
  const std::string before = text_of(registry);
  CHECK(value_in(before, "process_resident_memory_bytes") > 1e6);
  CHECK(value_in(before, "process_virtual_memory_bytes") >
        value_in(before, "process_resident_memory_bytes"));
  CHECK(value_in(before, "process_threads") >= 1);
  CHECK(value_in(before, "process_max_fds") > value_in(before, "process_open_fds"));
  const auto now = static_cast<double>(std::chrono::duration_cast<std::chrono::seconds>(
                                           std::chrono::system_clock::now().time_since_epoch())
                                           .count());
  CHECK(value_in(before, "process_start_time_seconds") > now - 24 * 3600);
  CHECK(value_in(before, "process_start_time_seconds") <= now + 2);

  const int descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  process.refresh();
  ::close(descriptor);
  const std::string after = text_of(registry);
  CHECK(value_in(after, "process_open_fds") == value_in(before, "process_open_fds") + 1);
  CHECK(value_in(after, "process_cpu_seconds_total") >=
        value_in(before, "process_cpu_seconds_total"));
  CHECK(value_in(after, "process_cpu_seconds_total") > 0);
}

TEST_CASE("a scrape names the version") {
  api_fixture api;
  CHECK(api.send("GET", "/metrics")
            .contains("talaria_build_info{compiler=\"" __VERSION__ "\",version=\"" TALARIA_VERSION
                      "\"} 1"));
}

}  // namespace talaria::http::test
