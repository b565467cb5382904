#include "domain/operational_event.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace talaria::domain;
using namespace std::chrono_literals;

namespace {

constexpr timestamp start{std::chrono::microseconds{1'770'000'000'000'000}};

subscription some_subscription() {
  subscription made;
  made.id = {{{1}}};
  made.number = subscription_number{7};
  made.application = {{{2}}};
  made.organization = {{{3}}};
  made.settings.url = "https://receiver.example/hook";
  return made;
}

boost::json::object payload_of(const operational_event& told) {
  return boost::json::parse(told.payload).as_object();
}

}  // namespace

TEST_CASE("an operational event is labelled by whom it is about") {
  const auto told = tell_disabled({{9}}, some_subscription(), disabled_reason::gone, {}, start);
  CHECK(told.type == "subscription.disabled");
  CHECK(is_event_type(told.type));
  CHECK(told.organization == some_subscription().organization);
  CHECK(told.application == some_subscription().application);
  CHECK(told.occurred_at == start);
  CHECK(told.labels == labels{{"application_id", "\"02000000-0000-0000-0000-000000000000\""},
                              {"subscription_id", "\"01000000-0000-0000-0000-000000000000\""}});
  CHECK(parse_labels(to_json(told.labels)) == told.labels);
}

TEST_CASE("a disabled subscription is told with its reason and since when it failed") {
  const subscription_health health{.failing_since = start - 120h, .breaker = std::nullopt};
  const auto payload = payload_of(
      tell_disabled({{9}}, some_subscription(), disabled_reason::failing, health, start));
  CHECK(payload.at("reason") == "failing");
  CHECK(payload.at("url") == "https://receiver.example/hook");
  CHECK(payload.at("failing_since").as_string() == to_rfc3339(start - 120h).c_str());
  const auto gone =
      payload_of(tell_disabled({{9}}, some_subscription(), disabled_reason::gone, {}, start));
  CHECK(gone.at("failing_since").is_null());
}

TEST_CASE("the opening and the closing of a breaker are told with their times") {
  const breaker_opening opening{
      .opened_at = start - 1h, .next_probe_at = start, .reason = "all failed"};
  const auto opened = tell_breaker_opened({{9}}, some_subscription(), opening, start);
  CHECK(opened.type == "subscription.breaker_opened");
  CHECK(payload_of(opened).at("reason") == "all failed");
  CHECK(payload_of(opened).at("next_probe_at").as_string() == to_rfc3339(start).c_str());
  const auto recovered = tell_recovered({{9}}, some_subscription(), opening, start);
  CHECK(recovered.type == "subscription.recovered");
  CHECK(payload_of(recovered).at("opened_at").as_string() == to_rfc3339(start - 1h).c_str());
  CHECK(payload_of(recovered).at("recovered_at").as_string() == to_rfc3339(start).c_str());
}

TEST_CASE("a dead delivery is told with its event and its last attempt") {
  event of;
  of.id = {{{5}}};
  of.type = "order.paid";
  attempt last;
  last.number = 8;
  last.error = attempt_error::timeout;
  const auto told = tell_dead({{9}}, some_subscription(), of, last, start);
  CHECK(told.type == "delivery.dead");
  const auto payload = payload_of(told);
  CHECK(payload.at("event_type") == "order.paid");
  CHECK(payload.at("attempts") == 8);
  CHECK(payload.at("delivery_id").as_string() ==
        to_string(delivery_id{of.id, subscription_number{7}}).c_str());
  CHECK(payload.at("last_attempt").at("error") == "timeout");
  CHECK(payload.at("last_attempt").at("status_code").is_null());
}

TEST_CASE("the end of a recovery is told with what it has done, under its own id") {
  recovery ended;
  ended.id = {{{4}}};
  ended.wanted = {start - 2h, start - 1h, 100};
  ended.status = recovery_status::cancelled;
  ended.redelivered = 17;
  ended.updated_at = start;
  ended.ended_at = start;
  const auto told = tell_recover_finished(some_subscription(), ended);
  CHECK(told.type == "recover.finished");
  CHECK(is_event_type(told.type));
  CHECK(told.id == ended.id.value);
  CHECK(told.occurred_at == start);
  const auto payload = payload_of(told);
  CHECK(payload.at("recovery_id").as_string() == to_string(ended.id).c_str());
  CHECK(payload.at("status") == "cancelled");
  CHECK(payload.at("since").as_string() == to_rfc3339(start - 2h).c_str());
  CHECK(payload.at("until").as_string() == to_rfc3339(start - 1h).c_str());
  CHECK(payload.at("redelivered") == 17);
}
