#include "delivery/webhook_request.hpp"

#include "domain/signature.hpp"
#include "domain/signing_secret.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace talaria::delivery {

namespace {

const std::string event_id_text = "019c1234-5678-7abc-8def-000000000000";

domain::event example_event() {
  domain::event made;
  made.id.value = domain::parse_uuid(event_id_text).value();
  made.type = "order.created";
  made.payload = "{\"z\":1, \"a\" : 1.10,\"n\":12345678901234567890}";
  made.labels = {{"region", "\"eu\""}, {"tier", "1"}};
  made.occurred_at = domain::parse_rfc3339("2026-01-31T12:00:00.25Z").value();
  return made;
}

domain::subscription example_subscription() {
  domain::subscription made;
  made.number = domain::subscription_number{7};
  made.settings.url = "https://example.com/hook?a=b";
  made.settings.timeout = std::chrono::milliseconds(1234);
  made.secrets = {{"0123456789abcdef01234567", std::nullopt}};
  return made;
}

const domain::timestamp now = domain::parse_rfc3339("2026-01-31T12:00:01.999999Z").value();

std::string header(const outbound_request& request, std::string_view name) {
  for (const std::string& line : request.headers) {
    if (line.starts_with(std::string(name) + ": "))
      return line.substr(name.size() + 2);
  }
  return {};
}

std::vector<std::string> header_names(const outbound_request& request) {
  std::vector<std::string> names;
  for (const std::string& line : request.headers)
    names.push_back(line.substr(0, line.find(':')));
  return names;
}

}  // namespace

TEST_CASE("every attempt is a child of the client's span, and its tracestate is passed on") {
  auto event = example_event();
  event.trace =
      domain::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
  const auto subscription = example_subscription();
  const auto sent = [&](std::uint32_t attempt) {
    const auto request = compose_webhook_request(subscription, event, attempt, now);
    return domain::parse_traceparent(header(request, "traceparent")).value();
  };
  CHECK(sent(1).trace == event.trace->trace);
  CHECK(sent(1).flags == 0);
  CHECK(sent(1).parent != event.trace->parent);
  CHECK(sent(1).parent != sent(2).parent);
  CHECK(sent(1).parent == sent(1).parent);
  CHECK(header(compose_webhook_request(subscription, event, 1, now), "tracestate").empty());
  event.trace->state = "rojo=00f067aa0ba902b7 ,congo=t61rcWkgMzE";
  event.trace->flags = 3;
  CHECK(sent(1).flags == 3);
  CHECK(header(compose_webhook_request(subscription, event, 1, now), "tracestate") ==
        event.trace->state);
}

TEST_CASE("a request carries the payload's bytes and the standard headers, in order") {
  const auto event = example_event();
  auto subscription = example_subscription();
  subscription.settings.headers = {{"X-Own", "value"}, {"x-empty", ""}};

  const auto request = compose_webhook_request(subscription, event, 3, now);

  CHECK(request.method == domain::http_method::post);
  CHECK(request.url == "https://example.com/hook?a=b");
  CHECK(request.timeout == std::chrono::milliseconds(1234));
  CHECK(request.body == event.payload);
  CHECK(header_names(request) ==
        std::vector<std::string>{"content-type", "user-agent", "webhook-id", "webhook-timestamp",
                                 "webhook-signature", "webhook-event-type", "webhook-attempt",
                                 "traceparent", "X-Own", "x-empty"});
  CHECK(header(request, "content-type") == "application/json");
  CHECK(header(request, "user-agent") == "Talaria/" TALARIA_VERSION);
  CHECK(header(request, "webhook-id") == event_id_text);
  CHECK(header(request, "webhook-timestamp") == "1769860801");
  CHECK(header(request, "webhook-event-type") == "order.created");
  CHECK(header(request, "webhook-attempt") == "3");
  CHECK(header(request, "X-Own") == "value");
}

TEST_CASE("the signature is over the bytes that are sent") {
  auto subscription = example_subscription();
  for (const auto form : {domain::body_form::payload, domain::body_form::envelope}) {
    subscription.settings.body = form;
    const auto request = compose_webhook_request(subscription, example_event(), 1, now);
    CHECK(header(request, "webhook-signature") ==
          domain::sign_standard_v1(subscription.secrets, event_id_text, request.body, now));
  }
}

TEST_CASE("the scheme standard-v1a has the standard headers, and signs the bytes that are sent") {
  auto subscription = example_subscription();
  subscription.settings.signature = domain::signature_scheme::standard_v1a;
  subscription.secrets = {{domain::make_key(domain::signature_scheme::standard_v1a,
                                            std::string(domain::key_seed_bytes, 's')),
                           std::nullopt}};
  for (const auto form : {domain::body_form::payload, domain::body_form::envelope}) {
    subscription.settings.body = form;
    const auto request = compose_webhook_request(subscription, example_event(), 1, now);
    CHECK(header_names(request) ==
          std::vector<std::string>{"content-type", "user-agent", "webhook-id", "webhook-timestamp",
                                   "webhook-signature", "webhook-event-type", "webhook-attempt",
                                   "traceparent"});
    CHECK(header(request, "webhook-signature").starts_with("v1a,"));
    CHECK(header(request, "webhook-signature") ==
          domain::sign_standard_v1a(subscription.secrets, event_id_text, request.body, now));
  }
}

TEST_CASE("secrets that have expired do not sign") {
  auto subscription = example_subscription();
  subscription.secrets.push_back({"abcdef0123456789abcdef01", now + std::chrono::hours(1)});
  const auto both = compose_webhook_request(subscription, example_event(), 1, now);
  CHECK(header(both, "webhook-signature").find(" v1,") != std::string::npos);
  subscription.secrets.back().expires_at = now;
  const auto one = compose_webhook_request(subscription, example_event(), 1, now);
  CHECK(header(one, "webhook-signature").find(' ') == std::string::npos);
}

TEST_CASE("the method is the subscription's") {
  auto subscription = example_subscription();
  subscription.settings.method = domain::http_method::put;
  CHECK(compose_webhook_request(subscription, example_event(), 1, now).method ==
        domain::http_method::put);
}

TEST_CASE("an envelope holds the payload's bytes as they are") {
  auto subscription = example_subscription();
  subscription.settings.body = domain::body_form::envelope;
  const auto event = example_event();
  CHECK(compose_webhook_request(subscription, event, 1, now).body ==
        R"({"type":"order.created","timestamp":"2026-01-31T12:00:00.250000Z","data":)" +
            event.payload + "}");
}

TEST_CASE("a payload with braces and format marks survives") {
  auto event = example_event();
  event.payload = R"({"text":"{} {0} %s {{"})";
  auto subscription = example_subscription();
  for (const auto form : {domain::body_form::payload, domain::body_form::envelope}) {
    subscription.settings.body = form;
    CHECK(compose_webhook_request(subscription, event, 1, now).body.find(event.payload) !=
          std::string::npos);
  }
}

TEST_CASE("the scheme hook0 has a body and headers of its own") {
  auto subscription = example_subscription();
  subscription.settings.signature = domain::signature_scheme::hook0;
  const auto event = example_event();

  const auto request = compose_webhook_request(subscription, event, 2, now);

  CHECK(request.body == R"({"event_id":")" + event_id_text +
                            R"(","event_type":"order.created","payload":)" + event.payload +
                            R"(,"labels":)" + domain::to_json(event.labels) +
                            R"(,"timestamp":"2026-01-31T12:00:00.250000Z"})");
  CHECK(header_names(request) == std::vector<std::string>{"content-type", "user-agent",
                                                          "webhook-id", "Hook0-Signature",
                                                          "Hook0-Event-Type", "Hook0-Event-Id",
                                                          "webhook-attempt", "traceparent"});
  CHECK(header(request, "Hook0-Signature") ==
        domain::sign_hook0(subscription.secrets, request.body));
  CHECK(header(request, "Hook0-Event-Type") == "order.created");
  CHECK(header(request, "Hook0-Event-Id") == event_id_text);
}

TEST_CASE("the trace is the event's and the span the attempt's, and both are repeatable") {
  const auto event = example_event();
  auto subscription = example_subscription();
  std::set<std::string> spans;
  for (std::uint32_t number = 1; number <= 10; ++number) {
    for (std::uint32_t attempt = 1; attempt <= 100; ++attempt) {
      subscription.number = domain::subscription_number{number};
      const auto text =
          header(compose_webhook_request(subscription, event, attempt, now), "traceparent");
      CHECK(text.size() == 55);
      CHECK(text.starts_with("00-019c123456787abc8def000000000000-"));
      CHECK(text.ends_with("-01"));
      CHECK(text ==
            header(compose_webhook_request(subscription, event, attempt, now), "traceparent"));
      spans.insert(text);
    }
  }
  CHECK(spans.size() == 1000);
}

}  // namespace talaria::delivery
