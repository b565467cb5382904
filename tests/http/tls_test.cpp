#include "http/tls.hpp"

#include "http/front.hpp"
#include "tests/http/echo_handler.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/http/tls_client.hpp"
#include "tests/support/certificate.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace talaria::http::test {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const tls_context> own_context() {
  const auto made = test_support::make_certificate({"localhost"});
  const test_support::temporary_file certificate(made.certificate_pem);
  const test_support::temporary_file key(made.key_pem);
  return tls_context::load(certificate.path(), key.path()).value();
}

struct fixture {
  explicit fixture(transport_limits limits = {})
      : front({"127.0.0.1", 0, 2, limits, {}, own_context()}, handler) {
    port = front.start().value();
  }

  echo_handler handler;
  http::front front;
  std::uint16_t port = 0;
};

transport_limits hasty() {
  transport_limits limits;
  limits.head_deadline = 40ms;
  return limits;
}

/// The first flight of a handshake, which goes no further.
constexpr std::string_view begun_handshake("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);

}  // namespace

TEST_CASE("requests are answered over TLS, one after the other and pipelined") {
  fixture running;
  tls_client client(running.port);
  REQUIRE(client.connected());
  CHECK(client.version() == TLS1_3_VERSION);
  for (const char* target : {"/echo?1", "/echo?2"}) {
    client.send(request_text("GET", target));
    CHECK(client.receive() == "200 GET " + std::string(target) + " ");
  }
  client.send(request_text("POST", "/echo?3", "", "three") + request_text("GET", "/echo?4") +
              request_text("GET", "/echo?5", "Connection: close\r\n"));
  CHECK(client.receive() == "200 POST /echo?3 three");
  CHECK(client.receive() == "200 GET /echo?4 ");
  CHECK(client.receive() == "200 GET /echo?5 ");
  CHECK(client.ended());
}

TEST_CASE("a request over TLS means the same in records of one byte") {
  fixture running;
  tls_client client(running.port);
  for (const char letter : request_text("POST", "/echo", "", "0123456789")) {
    client.send(std::string_view(&letter, 1));
  }
  CHECK(client.receive() == "200 POST /echo 0123456789");
}

TEST_CASE("bodies larger than any socket takes pass through TLS in both directions") {
  fixture running;
  tls_client client(running.port);
  CHECK(client.send(request_text("POST", "/sized", "", std::string(echo_large_bytes, 'b'))));
  CHECK(client.receive() == "200 " + std::to_string(echo_large_bytes));
  client.send(request_text("GET", "/large") + request_text("GET", "/echo"));
  CHECK(client.receive() == "200 " + std::string(echo_large_bytes, 'l'));
  CHECK(client.receive() == "200 GET /echo ");
}

TEST_CASE("an answer over TLS may come from another thread, later") {
  fixture running;
  tls_client client(running.port);
  client.send(request_text("POST", "/held", "", "{}"));
  running.handler.wait_for_held().send(json_response(202, "late"));
  CHECK(client.receive() == "202 late");
}

TEST_CASE("a refused request over TLS is answered, and the session is ended") {
  fixture running;
  tls_client client(running.port);
  client.send("GET /echo HTTP/1.1\r\n\r\n" + request_text("GET", "/echo"));
  CHECK(client.receive()->starts_with("400 "));
  CHECK(client.ended());
}

TEST_CASE("TLS 1.2 is taken, and nothing older") {
  fixture running;
  tls_client newer(running.port, {.version_max = TLS1_2_VERSION, .protocols = {}});
  REQUIRE(newer.connected());
  CHECK(newer.version() == TLS1_2_VERSION);
  newer.send(request_text("GET", "/echo"));
  CHECK(newer.receive() == "200 GET /echo ");
  CHECK_FALSE(
      tls_client(running.port, {.version_max = TLS1_1_VERSION, .protocols = {}}).connected());
}

TEST_CASE("a session of TLS 1.2 gets no new keys") {
  fixture running;
  tls_client client(running.port, {.version_max = TLS1_2_VERSION, .protocols = {}});
  REQUIRE(client.connected());
  CHECK_FALSE(client.renegotiates());
}

TEST_CASE("of the protocols that a client offers, HTTP/1.1 is chosen or none") {
  fixture running;
  const auto offering = [&](std::string protocols) {
    return tls_client(running.port,
                      {.version_max = TLS1_3_VERSION, .protocols = std::move(protocols)});
  };
  CHECK(tls_client(running.port).protocol().empty());
  CHECK(offering("\x02h2\x08http/1.1").protocol() == "http/1.1");
  CHECK_FALSE(offering("\x02h2").connected());
}

TEST_CASE("a handshake that stalls is cut") {
  fixture running(hasty());
  for (const std::string_view begun : {begun_handshake.substr(0, 1), begun_handshake}) {
    raw_client client(running.port);
    client.send(begun);
    CHECK(client.ended());
  }
  CHECK(raw_client(running.port).ended());
}

TEST_CASE("a head that does not come over TLS is answered 408") {
  fixture running(hasty());
  tls_client client(running.port);
  client.send("GET /echo HTTP/1.1\r\nHost: te");
  CHECK(client.receive()->starts_with("408 "));
  CHECK(client.ended());
}

TEST_CASE("a client that goes away in the midst of a handshake or a session harms nobody") {
  fixture running;
  {
    raw_client begun(running.port);
    begun.send(begun_handshake);
    tls_client client(running.port);
    client.send(request_text("GET", "/large"));
  }
  while (running.front.connections() > 0) {
    std::this_thread::yield();
  }
  tls_client next(running.port);
  next.send(request_text("GET", "/echo"));
  CHECK(next.receive() == "200 GET /echo ");
}

TEST_CASE("plain HTTP at the port of TLS is not answered") {
  fixture running;
  raw_client client(running.port);
  client.send(request_text("GET", "/echo"));
  CHECK_FALSE(client.receive().has_value());
  CHECK(running.handler.answers == 0);
}

TEST_CASE("connections beyond the bound are closed where TLS is spoken") {
  transport_limits limits;
  limits.connections_max = 1;
  fixture running(limits);
  tls_client first(running.port);
  CHECK(first.connected());
  CHECK_FALSE(tls_client(running.port).connected());
}

TEST_CASE("draining ends idle sessions") {
  fixture running;
  tls_client idle(running.port);
  idle.send(request_text("GET", "/echo"));
  CHECK(idle.receive() == "200 GET /echo ");
  CHECK(running.front.drain(30s));
}

}  // namespace talaria::http::test
