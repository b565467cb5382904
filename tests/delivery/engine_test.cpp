#include "delivery/engine.hpp"

#include "tests/delivery/engine_fixture.hpp"
#include "tests/support/scripted_receiver.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>

namespace talaria::delivery {

using domain::attempt_error;
using test_support::answer;
using test_support::received_request;
using test_support::script;
using test_support::scripted_receiver;

TEST_CASE("a request reaches the receiver byte for byte and its answer comes back") {
  scripted_receiver receiver(answer(201, "thanks", {"Retry-After: 7"}));
  engine sender(loopback_options());
  auto request = request_to(receiver.url("/a/../hook/%2F?a=b"), "{\"n\": 1.10, \"z\":0}");
  request.headers = {"content-type: application/json", "x-first: 1", "x-second: two words"};

  const auto response = send_and_wait(sender, request);

  CHECK(response.error == attempt_error::none);
  CHECK(response.status_code == 201);
  CHECK(response.body == "thanks");
  CHECK(response.retry_after == std::chrono::seconds(7));
  CHECK(response.duration > std::chrono::microseconds(0));
  REQUIRE(receiver.request_count() == 1);
  const auto received = receiver.requests().front();
  CHECK(received.method == "POST");
  CHECK(received.target == "/a/../hook/%2F?a=b");
  CHECK(received.body == request.body);
  CHECK(received.headers ==
        std::vector<std::string>{"Host: 127.0.0.1:" + std::to_string(receiver.port()),
                                 "content-type: application/json", "x-first: 1",
                                 "x-second: two words",
                                 "Content-Length: " + std::to_string(request.body.size())});
}

TEST_CASE("methods, empty bodies, empty header values and bodies with NUL are sent as they are") {
  scripted_receiver receiver;
  engine sender(loopback_options());
  auto put = request_to(receiver.url(), std::string("a\0b", 3));
  put.method = domain::http_method::put;
  put.headers = {"x-empty: "};
  auto patch = request_to(receiver.url(), "");
  patch.method = domain::http_method::patch;

  CHECK(send_and_wait(sender, put).status_code == 200);
  CHECK(send_and_wait(sender, patch).status_code == 200);
  CHECK(send_and_wait(sender, request_to(receiver.url(), "x")).status_code == 200);

  const auto received = receiver.requests();
  REQUIRE(received.size() == 3);
  CHECK(received[0].method == "PUT");
  CHECK(received[0].body == std::string("a\0b", 3));
  CHECK(received[0].header("x-empty") == "");
  CHECK_FALSE(received[0].header("content-type").has_value());
  CHECK_FALSE(received[0].header("accept").has_value());
  CHECK(received[1].method == "PATCH");
  CHECK(received[1].header("content-length") == "0");
  CHECK(received[2].method == "POST");
  CHECK(received[2].header("content-type") == "application/json");
}

TEST_CASE("a large body is sent whole and without waiting for 100 Continue") {
  scripted_receiver receiver;
  engine sender(loopback_options());
  const std::string body(3 * 1024 * 1024, 'b');

  CHECK(send_and_wait(sender, request_to(receiver.url(), body)).status_code == 200);

  CHECK(receiver.requests().front().body == body);
  CHECK_FALSE(receiver.requests().front().header("expect").has_value());
}

TEST_CASE("connections are kept and reused") {
  scripted_receiver receiver;
  engine sender(loopback_options());

  for (int sent = 0; sent < 20; ++sent)
    CHECK(send_and_wait(sender, request_to(receiver.url())).status_code == 200);

  CHECK(receiver.request_count() == 20);
  CHECK(receiver.connection_count() == 1);
}

TEST_CASE("no more idle connections are kept than the budget allows") {
  scripted_receiver receiver;
  auto options = loopback_options();
  options.loops = 1;
  options.idle_connections_max = 2;
  engine sender(options);

  for (int sent = 0; sent < 10; ++sent) {
    const std::string url = receiver.url("/", "host-" + std::to_string(sent) + ".test");
    CHECK(send_and_wait(sender, request_to(url)).status_code == 200);
  }

  // The budget is kept when a request ends, beside which one connection may be in use.
  CHECK(receiver.wait_for_closed_connections(10 - 3));
}

TEST_CASE("a kept connection that the receiver has closed is replaced by a new one") {
  scripted_receiver receiver([](const received_request& request) {
    return request.on_connection == 0 ? answer(200) : test_support::send("", script::ending::close);
  });
  engine sender(loopback_options());

  CHECK(send_and_wait(sender, request_to(receiver.url())).status_code == 200);
  CHECK(send_and_wait(sender, request_to(receiver.url())).status_code == 200);

  // The receiver read the second request twice: it must know repeats by their webhook-id.
  CHECK(receiver.request_count() == 3);
  CHECK(receiver.connection_count() == 2);
}

TEST_CASE("the proxies of the environment are ignored") {
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
    setenv(name, "http://127.0.0.1:9", 1);
  scripted_receiver receiver;
  engine sender(loopback_options());

  CHECK(send_and_wait(sender, request_to(receiver.url())).status_code == 200);

  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
    unsetenv(name);
}

TEST_CASE("a header that could change the request never leaves") {
  scripted_receiver receiver;
  engine sender(loopback_options());
  for (const char* line :
       {"x-a: b\r\nx-smuggled: 1", "x-a: b\n", "x-a\r: b", "x-a: \x7f", "x-a: \t", "no colon",
        ": no name", "x a: b", "Host: elsewhere.test", "content-length: 0",
        "Transfer-Encoding: chunked", "expect: 100-continue", "connection: close"}) {
    CAPTURE(line);
    auto request = request_to(receiver.url());
    request.headers.emplace_back(line);
    const auto response = send_and_wait(sender, request);
    CHECK(response.error == attempt_error::internal);
    CHECK(response.status_code == 0);
  }
  CHECK(receiver.connection_count() == 0);
}

TEST_CASE("a URL that is none of http or https never leaves") {
  engine sender(loopback_options());
  for (const char* url :
       {"file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1", "", "http://", "http://127.0.0.1:0/",
        "http://user:password@127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nx: y"}) {
    CAPTURE(url);
    CHECK(send_and_wait(sender, request_to(url)).error == attempt_error::internal);
  }
}

TEST_CASE("one request more than may be under way is refused at once") {
  scripted_receiver receiver([](const received_request& request) {
    return request.target == "/hang" ? test_support::send("", script::ending::hang) : answer(200);
  });
  auto options = loopback_options();
  options.in_flight_max = 2;
  engine sender(options);
  auto first = start(sender, request_to(receiver.url("/hang")));
  auto second = start(sender, request_to(receiver.url("/hang")));

  CHECK(send_and_wait(sender, request_to(receiver.url("/"))).error == attempt_error::internal);

  sender.stop();
  CHECK(wait_for(first).error == attempt_error::aborted);
  CHECK(wait_for(second).error == attempt_error::aborted);
}

TEST_CASE("a completion may send the next request, in the place that is free by then") {
  scripted_receiver receiver;
  auto options = loopback_options();
  options.in_flight_max = 1;
  engine sender(options);
  std::promise<outbound_response> last;
  int left = 100;
  std::function<void(outbound_response)> next = [&](outbound_response response) {
    if (response.error != attempt_error::none || --left == 0)
      last.set_value(std::move(response));
    else
      sender.send(request_to(receiver.url()), next);
  };

  sender.send(request_to(receiver.url()), next);

  auto pending = last.get_future();
  CHECK(wait_for(pending).status_code == 200);
  CHECK(receiver.request_count() == 100);
}

TEST_CASE("a thousand receivers that never answer do not keep back a healthy one") {
  constexpr std::size_t slow_count = 1000;
  scripted_receiver slow(test_support::send("", script::ending::hang));
  scripted_receiver healthy;
  engine sender(loopback_options());
  std::atomic<std::size_t> slow_completed{0};
  std::atomic<std::size_t> slow_aborted{0};
  for (std::size_t sent = 0; sent < slow_count; ++sent) {
    const std::string url = slow.url("/", "slow-" + std::to_string(sent) + ".test");
    sender.send(request_to(url), [&](const outbound_response& response) {
      slow_aborted += response.error == attempt_error::aborted ? 1 : 0;
      ++slow_completed;
    });
  }
  REQUIRE(slow.wait_for_requests(slow_count));

  for (int sent = 0; sent < 50; ++sent)
    CHECK(send_and_wait(sender, request_to(healthy.url())).status_code == 200);

  CHECK(slow_completed == 0);
  CHECK(healthy.connection_count() == 1);
  sender.stop();
  CHECK(slow_completed == slow_count);
  CHECK(slow_aborted == slow_count);
}

TEST_CASE("after stop every request ends as aborted, and stopping again does nothing") {
  scripted_receiver receiver;
  engine sender(loopback_options());
  sender.stop();
  sender.stop();
  CHECK(send_and_wait(sender, request_to(receiver.url())).error == attempt_error::aborted);
  CHECK(receiver.connection_count() == 0);
}

TEST_CASE("stop ends requests whose name is still being resolved, without waiting for it") {
  std::promise<void> asked;
  std::promise<void> released;
  auto release = std::make_shared<std::shared_future<void>>(released.get_future().share());
  auto options = loopback_options();
  options.names.look_up = [&asked, release](const std::string&) {
    asked.set_value();
    release->wait();
    return std::vector<ip_address>{};
  };
  engine sender(options);
  auto pending = start(sender, request_to("http://hangs.test:81/"));
  asked.get_future().wait();

  sender.stop();

  CHECK(wait_for(pending).error == attempt_error::aborted);
  released.set_value();
}

}  // namespace talaria::delivery
