#include "delivery/engine.hpp"
#include "tests/delivery/engine_fixture.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/scripted_receiver.hpp"
#include "tests/support/tls_receiver.hpp"
#include "tests/support/tunnel_proxy.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

namespace talaria::delivery {

using domain::attempt_error;
using test_support::answer;
using test_support::make_certificate;
using test_support::script;
using test_support::scripted_receiver;
using test_support::send;
using test_support::temporary_file;
using test_support::tls_receiver;
using test_support::tunnel_proxy;

namespace {

/// The base64 of `us@er:p:ss`.
constexpr const char* credentials = "Basic dXNAZXI6cDpzcw==";

/// Options under which `proxy.test` is the only way out: it is on loopback, which the policy
/// forbids, and every other name leads to a public address.
engine_options behind_proxy(std::uint16_t port) {
  engine_options options;
  options.proxy = proxy{.host = "proxy.test", .port = port, .user = "us@er", .password = "p:ss"};
  options.names.look_up = [](const std::string& host) {
    const std::map<std::string, std::vector<ip_address>> inside{
        {"proxy.test", {address("127.0.0.1")}},
        {"inside.test", {address("10.0.0.1")}},
        {"mixed.test", {address("8.8.8.8"), address("10.0.0.1")}},
        {"nowhere.test", {}}};
    const auto found = inside.find(host);
    return found == inside.end() ? std::vector{address("8.8.8.8")} : found->second;
  };
  return options;
}

/// As `behind_proxy`, for a receiver whose certificate is trusted.
engine_options trusting_behind_proxy(const tunnel_proxy& tunnels, const tls_receiver& receiver,
                                     const temporary_file& bundle) {
  auto options = behind_proxy(tunnels.port());
  options.addresses.ports = {receiver.port()};
  options.ca_bundle = bundle.path();
  return options;
}

outbound_response response_through(const script& refusal, const std::string& url,
                                   std::chrono::milliseconds timeout = patience) {
  scripted_receiver refusing(refusal);
  engine sender(behind_proxy(refusing.port()));
  auto request = request_to(url);
  request.timeout = timeout;
  return send_and_wait(sender, request);
}

}  // namespace

TEST_CASE("a proxy gets the whole URL of a plain request, and our credentials") {
  scripted_receiver through(answer(201, "from there"));
  engine sender(behind_proxy(through.port()));

  const auto response = send_and_wait(sender, request_to("http://Receiver.Test/hook?a=b", "body"));
  CHECK(send_and_wait(sender, request_to("http://other.test/")).status_code == 201);

  CHECK(response.error == attempt_error::none);
  CHECK(response.status_code == 201);
  CHECK(response.body == "from there");
  const auto received = through.requests().front();
  CHECK(received.method == "POST");
  CHECK(received.target == "http://Receiver.Test/hook?a=b");
  CHECK(received.header("host") == "Receiver.Test");
  CHECK(received.header("proxy-authorization") == credentials);
  CHECK(received.header("content-type") == "application/json");
  CHECK(received.body == "body");
}

TEST_CASE("a subscription's header is not taken for our credentials") {
  scripted_receiver through;
  auto options = behind_proxy(through.port());
  options.proxy->user.clear();
  engine sender(options);
  auto request = request_to("http://receiver.test/");
  request.headers.emplace_back("Proxy-Authorization: Basic b3RoZXI=");

  CHECK(send_and_wait(sender, request).status_code == 200);

  CHECK_FALSE(through.requests().front().header("proxy-authorization").has_value());
}

TEST_CASE(
    "a receiver that speaks TLS is reached through a tunnel, which sees nothing of a request") {
  const auto identity = make_certificate({"receiver.test"});
  const temporary_file bundle(identity.certificate_pem);
  tls_receiver receiver(identity);
  tunnel_proxy tunnels(receiver.port());
  engine sender(trusting_behind_proxy(tunnels, receiver, bundle));

  CHECK(send_and_wait(sender, request_to(receiver.url("receiver.test"))).status_code == 200);

  CHECK(receiver.request_count() == 1);
  const std::string host = "receiver.test:" + std::to_string(receiver.port());
  REQUIRE(tunnels.heads().size() == 1);
  CHECK(tunnels.heads().front() == "CONNECT " + host + " HTTP/1.1\r\nHost: " + host +
                                       "\r\nProxy-Authorization: " + credentials +
                                       "\r\nProxy-Connection: Keep-Alive\r\n\r\n");
}

TEST_CASE("the certificate is checked through a tunnel, too") {
  const auto identity = make_certificate({"receiver.test"});
  const temporary_file bundle(identity.certificate_pem);
  tls_receiver receiver(identity);
  tunnel_proxy tunnels(receiver.port());
  engine sender(trusting_behind_proxy(tunnels, receiver, bundle));
  CHECK(send_and_wait(sender, request_to(receiver.url("other.test"))).error == attempt_error::tls);
  CHECK(receiver.request_count() == 0);
}

TEST_CASE("a proxy is not asked for what the address guard refuses") {
  scripted_receiver through;
  engine sender(behind_proxy(through.port()));
  for (const std::string& url :
       {std::string("http://inside.test/"), std::string("http://mixed.test/"),
        std::string("http://receiver.test:22/"), through.url("/", "proxy.test"),
        std::string("https://inside.test/")}) {
    CAPTURE(url);
    CHECK(send_and_wait(sender, request_to(url)).error == attempt_error::blocked_address);
  }
  CHECK(send_and_wait(sender, request_to("http://nowhere.test/")).error == attempt_error::dns);
  CHECK(through.connection_count() == 0);
}

TEST_CASE("a proxy that makes no tunnel is a failure to connect, and its answer is not kept") {
  for (const int status : {302, 403, 407, 502}) {
    CAPTURE(status);
    const auto response = response_through(
        answer(status, "denied by the proxy", {"Retry-After: 5"}), "https://receiver.test/");
    CHECK(response.error == attempt_error::connect);
    CHECK(response.status_code == 0);
    CHECK(response.body.empty());
    CHECK_FALSE(response.retry_after.has_value());
  }
  for (const auto ending : {script::ending::close, script::ending::reset}) {
    for (const char* bytes : {"", "HTTP/1.1 200 OK\r\n", "garbage\r\n\r\n"}) {
      CAPTURE(bytes);
      const auto response = response_through(send(bytes, ending), "https://receiver.test/");
      CHECK(response.error == attempt_error::connect);
      CHECK(response.status_code == 0);
    }
  }
}

TEST_CASE("a proxy that hangs runs into the timeout") {
  CHECK(response_through(send("", script::ending::hang), "https://receiver.test/",
                         std::chrono::milliseconds(200))
            .error == attempt_error::timeout);
}

TEST_CASE("a proxy that answers with headers without end is a failure to connect") {
  CHECK(response_through(send("HTTP/1.1 200 OK\r\n", script::ending::repeat, "X-A: b\r\n"),
                         "https://receiver.test/")
            .error == attempt_error::connect);
}

TEST_CASE("a proxy that cannot be reached is a failure to connect") {
  std::uint16_t port = 0;
  { port = scripted_receiver().port(); }
  for (const char* host : {"proxy.test", "nowhere.test"}) {
    CAPTURE(host);
    auto options = behind_proxy(port);
    options.proxy->host = host;
    engine sender(options);
    CHECK(send_and_wait(sender, request_to("http://receiver.test/")).error ==
          attempt_error::connect);
    CHECK(send_and_wait(sender, request_to("https://receiver.test/")).error ==
          attempt_error::connect);
  }
}

TEST_CASE("a proxy with several addresses is tried at the next when the first refuses") {
  scripted_receiver through;
  auto options = behind_proxy(through.port());
  options.names.look_up = [](const std::string& host) {
    // Nothing listens at this port of the first.
    return host == "proxy.test" ? std::vector{address("127.0.0.2"), address("127.0.0.1")}
                                : std::vector{address("8.8.8.8")};
  };
  engine sender(options);
  CHECK(send_and_wait(sender, request_to("http://receiver.test/")).status_code == 200);
}

TEST_CASE("a proxy is reached over IPv6") {
  scripted_receiver through([](const auto&) { return answer(200); }, "::1");
  auto options = behind_proxy(through.port());
  options.proxy->host = "::1";
  options.names.look_up = [](const std::string& host) {
    return std::vector{address(host == "::1" ? "::1" : "8.8.8.8")};
  };
  engine sender(options);
  CHECK(send_and_wait(sender, request_to("http://receiver.test/")).status_code == 200);
}

TEST_CASE("a kept connection to a proxy is not used once the proxy's name leads elsewhere") {
  scripted_receiver through;
  auto asked = std::make_shared<std::atomic<int>>(0);
  auto options = behind_proxy(through.port());
  options.names.fresh_for = std::chrono::milliseconds(0);
  options.names.stale_for = std::chrono::milliseconds(0);
  options.names.look_up = [asked](const std::string& host) {
    if (host != "proxy.test")
      return std::vector{address("8.8.8.8")};
    // Nothing listens at this port of the second.
    return std::vector{address(++*asked == 1 ? "127.0.0.1" : "127.0.0.2")};
  };
  engine sender(options);
  CHECK(send_and_wait(sender, request_to("http://receiver.test/")).status_code == 200);
  CHECK(send_and_wait(sender, request_to("http://receiver.test/")).error == attempt_error::connect);
  CHECK(through.request_count() == 1);
}

TEST_CASE("the environment excepts no host from the proxy") {
  for (const char* name : {"no_proxy", "NO_PROXY"})
    setenv(name, "*", 1);
  scripted_receiver through;
  engine sender(behind_proxy(through.port()));
  const auto response = send_and_wait(sender, request_to("http://receiver.test/"));
  for (const char* name : {"no_proxy", "NO_PROXY"})
    unsetenv(name);
  CHECK(response.status_code == 200);
  CHECK(through.request_count() == 1);
}

}  // namespace talaria::delivery
