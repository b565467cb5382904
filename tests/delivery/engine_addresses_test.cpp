#include "delivery/engine.hpp"
#include "tests/delivery/engine_fixture.hpp"
#include "tests/support/scripted_receiver.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

namespace talaria::delivery {

using domain::attempt_error;
using test_support::scripted_receiver;

namespace {

engine_options resolving_to(std::vector<ip_address> addresses) {
  auto options = loopback_options();
  options.names.look_up = [addresses = std::move(addresses)](const std::string&) {
    return addresses;
  };
  return options;
}

}  // namespace

TEST_CASE("a literal address in any form is checked, and nothing is connected to") {
  scripted_receiver receiver;
  engine_options options;
  options.addresses.ports = {receiver.port()};
  engine sender(options);
  for (const char* host : {"127.0.0.1",
                           "127.1",
                           "0x7f.1",
                           "0x7f.0.0.1",
                           "0177.0.0.1",
                           "2130706433",
                           "0x7f000001",
                           "0",
                           "0.0.0.0",
                           "localhost",
                           "[::1]",
                           "[::]",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:7f00:1]",
                           "[::127.0.0.1]",
                           "[64:ff9b::7f00:1]",
                           "[2002:7f00:1::]",
                           "[fd00::1]",
                           "[fe80::1]",
                           "[fd00:ec2::254]",
                           "[ff02::1]",
                           "[64:ff9b::169.254.169.254]",
                           "10.0.0.1",
                           "172.16.0.1",
                           "192.168.0.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "224.0.0.1",
                           "255.255.255.255"}) {
    CAPTURE(host);
    const auto response = send_and_wait(sender, request_to(receiver.url("/", host)));
    CHECK(response.error == attempt_error::blocked_address);
    CHECK(response.status_code == 0);
  }
  CHECK(receiver.connection_count() == 0);
}

TEST_CASE("a host in a form that hides its address is no reason to connect to anything") {
  scripted_receiver receiver;
  engine sender(loopback_options());
  for (const char* host : {"[fe80::1%25lo]", "[::1%25lo]", "[::ffff:127.0.0.1%25lo]", "%31%32%37.1",
                           "127.0.0.1%00.example.com", "public.test@127.0.0.1"}) {
    CAPTURE(host);
    CHECK(send_and_wait(sender, request_to(receiver.url("/", host))).error ==
          attempt_error::internal);
  }
  CHECK(receiver.connection_count() == 0);
}

TEST_CASE("a port that the policy lacks is blocked on public addresses") {
  engine sender(resolving_to({address("8.8.8.8")}));
  CHECK(send_and_wait(sender, request_to("http://public.test:22/")).error ==
        attempt_error::blocked_address);
}

TEST_CASE("a name that cannot be resolved is no reason to connect to anything") {
  engine sender(resolving_to({}));
  CHECK(send_and_wait(sender, request_to("http://nowhere.test/")).error == attempt_error::dns);
}

TEST_CASE("of several addresses only those are used that the policy allows") {
  scripted_receiver receiver;
  engine sender(resolving_to({address("10.0.0.1"), address("::1"), address("127.0.0.1")}));
  CHECK(send_and_wait(sender, request_to(receiver.url("/", "several.test"))).status_code == 200);
}

TEST_CASE("a name that leads to forbidden addresses only is blocked") {
  engine sender(resolving_to({address("10.0.0.1"), address("::1"), address("169.254.169.254")}));
  CHECK(send_and_wait(sender, request_to("http://inside.test/")).error ==
        attempt_error::blocked_address);
}

TEST_CASE("a name that turns to a forbidden address is blocked from then on") {
  scripted_receiver receiver;
  auto asked = std::make_shared<std::atomic<int>>(0);
  auto options = loopback_options();
  options.names.fresh_for = std::chrono::milliseconds(0);
  options.names.stale_for = std::chrono::milliseconds(0);
  options.names.look_up = [asked](const std::string&) {
    return std::vector{address(++*asked == 1 ? "127.0.0.1" : "10.0.0.1")};
  };
  engine sender(options);
  const std::string url = receiver.url("/", "rebinding.test");

  CHECK(send_and_wait(sender, request_to(url)).status_code == 200);
  CHECK(send_and_wait(sender, request_to(url)).error == attempt_error::blocked_address);
  // Not over the connection of the first, either.
  CHECK(receiver.request_count() == 1);
}

TEST_CASE("a kept connection is not used for a name that leads elsewhere by now") {
  scripted_receiver receiver;
  auto asked = std::make_shared<std::atomic<int>>(0);
  auto options = loopback_options();
  options.names.fresh_for = std::chrono::milliseconds(0);
  options.names.stale_for = std::chrono::milliseconds(0);
  options.names.look_up = [asked](const std::string&) {
    // Nothing listens at this port of the second.
    return std::vector{address(++*asked == 2 ? "127.0.0.2" : "127.0.0.1")};
  };
  engine sender(options);
  const std::string url = receiver.url("/", "moving.test");

  CHECK(send_and_wait(sender, request_to(url)).status_code == 200);
  CHECK(send_and_wait(sender, request_to(url)).error == attempt_error::connect);
  CHECK(send_and_wait(sender, request_to(url)).status_code == 200);
  CHECK(receiver.connection_count() == 1);
  CHECK(receiver.request_count() == 2);
}

TEST_CASE("the receiver sees the name of the URL, whatever address it was resolved to") {
  scripted_receiver receiver;
  engine sender(loopback_options());
  CHECK(send_and_wait(sender, request_to(receiver.url("/", "Name.Test"))).status_code == 200);
  CHECK(receiver.requests().front().header("host") ==
        "Name.Test:" + std::to_string(receiver.port()));
}

TEST_CASE("a receiver is reached over IPv6") {
  scripted_receiver receiver([](const auto&) { return test_support::answer(200); }, "::1");
  auto options = resolving_to({address("::1")});
  options.addresses.allowed = {parse_network("::1").value()};
  engine sender(options);

  CHECK(send_and_wait(sender, request_to(receiver.url("/", "six.test"))).status_code == 200);
  CHECK(send_and_wait(sender, request_to(receiver.url("/", "[::1]"))).status_code == 200);
  CHECK(receiver.requests().back().header("host") == "[::1]:" + std::to_string(receiver.port()));
}

TEST_CASE("when the first address refuses the next is tried") {
  scripted_receiver receiver;
  // Nothing listens at this port of the other addresses.
  engine sender(resolving_to({address("127.0.0.2"), address("127.0.0.3"), address("127.0.0.1")}));
  CHECK(send_and_wait(sender, request_to(receiver.url("/", "several.test"))).status_code == 200);
}

TEST_CASE("a receiver that nobody listens at refuses the connection") {
  std::uint16_t port = 0;
  { port = scripted_receiver().port(); }
  engine sender(resolving_to({address("127.0.0.1"), address("127.0.0.2")}));
  const std::string url = "http://closed.test:" + std::to_string(port) + "/";
  CHECK(send_and_wait(sender, request_to(url)).error == attempt_error::connect);
}

TEST_CASE("the wait for a name counts against the request's timeout") {
  auto released = std::make_shared<std::promise<void>>();
  std::shared_future<void> release = released->get_future().share();
  auto options = loopback_options();
  options.names.look_up = [release](const std::string&) {
    release.wait();
    return std::vector{address("127.0.0.1")};
  };
  engine sender(options);
  auto request = request_to("http://slow-name.test:81/");
  request.timeout = std::chrono::milliseconds(20);

  CHECK(send_and_wait(sender, request).error == attempt_error::timeout);

  released->set_value();
}

TEST_CASE("a request without time ends as a timeout, and one with too much is cut to the limit") {
  scripted_receiver receiver;
  engine sender(loopback_options());
  for (const auto timeout : {std::chrono::milliseconds(0), std::chrono::milliseconds(-1),
                             std::chrono::milliseconds::min()}) {
    auto request = request_to(receiver.url());
    request.timeout = timeout;
    CHECK(send_and_wait(sender, request).error == attempt_error::timeout);
  }
  auto request = request_to(receiver.url());
  request.timeout = std::chrono::milliseconds::max();
  CHECK(send_and_wait(sender, request).status_code == 200);
}

}  // namespace talaria::delivery
