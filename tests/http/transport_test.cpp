#include "http/front.hpp"
#include "tests/http/echo_handler.hpp"
#include "tests/http/raw_client.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <thread>
#include <vector>

namespace talaria::http::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t body_bytes_max = echo_body_bytes_max;
constexpr std::size_t large_bytes = echo_large_bytes;

struct fixture {
  explicit fixture(transport_limits limits = {}, std::vector<delivery::network> proxies = {})
      : front({"127.0.0.1", 0, 2, limits, std::move(proxies)}, handler) {
    port = front.start().value();
  }

  echo_handler handler;
  http::front front;
  std::uint16_t port = 0;
};

transport_limits hasty(std::chrono::milliseconds transport_limits::*deadline) {
  transport_limits limits;
  limits.*deadline = 40ms;
  return limits;
}

struct framing_case {
  const char* name;
  std::string bytes;
  int status;
  bool closes;
};

std::string head_with(std::string_view line) {
  return "GET /echo HTTP/1.1\r\nHost: test\r\n" + std::string(line) + "\r\n\r\n";
}

std::string chunked(std::string_view body) {
  return "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" +
         std::string(body);
}

/// A head whose request line has exactly so many bytes, with its end of line not counted.
std::string request_line_of(std::size_t bytes) {
  const std::string begin = "GET /echo?";
  const std::string end = " HTTP/1.1";
  return begin + std::string(bytes - begin.size() - end.size(), 'x') + end +
         "\r\nHost: test\r\n\r\n";
}

/// A head whose header block, with its ends of lines, has exactly so many bytes.
std::string header_block_of(std::size_t bytes) {
  const std::string host = "Host: test\r\n";
  const std::string name = "X-Long: ";
  return "GET /echo HTTP/1.1\r\n" + host + name +
         std::string(bytes - host.size() - name.size() - 2, 'x') + "\r\n\r\n";
}

std::string headers_of(std::size_t count) {
  std::string head = "GET /echo HTTP/1.1\r\nHost: test\r\n";
  for (std::size_t index = 1; index < count; ++index) {
    head += "X: y\r\n";
  }
  return head + "\r\n";
}

/// A chunk whose size line, with its end, has exactly so many bytes.
std::string chunk_line_of(std::size_t bytes) {
  return chunked("3;" + std::string(bytes - 4, 'x') + "\r\nabc\r\n0\r\n\r\n");
}

/// A trailer that has, with its ends of lines and the empty one, exactly so many bytes.
std::string trailer_of(std::size_t bytes) {
  return chunked("0\r\nX: " + std::string(bytes - 7, 'y') + "\r\n\r\n");
}

std::vector<framing_case> framing_cases() {
  const std::string post = "POST /echo HTTP/1.1\r\nHost: test\r\n";
  return {
      {"a plain request", "GET /echo HTTP/1.1\r\nHost: test\r\n\r\n", 200, false},
      {"absolute form", "GET http://test/echo HTTP/1.1\r\nHost: test\r\n\r\n", 200, false},
      {"HTTP/1.0", "GET /echo HTTP/1.0\r\n\r\n", 200, true},
      {"Connection: close", head_with("Connection: close"), 200, true},
      {"CL and TE", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       true},
      {"TE and CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400,
       true},
      {"two different CL", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400, true},
      {"two equal CL", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, true},
      {"CL in a list", post + "Content-Length: 3, 4\r\n\r\nabcd", 400, true},
      {"CL in a list of equals", post + "Content-Length: 3, 3\r\n\r\nabc", 400, true},
      {"CL with a sign", post + "Content-Length: +3\r\n\r\nabc", 400, true},
      {"CL with zeros before it", post + "Content-Length: 003\r\n\r\nabc", 200, false},
      {"CL with letters", post + "Content-Length: 2abc\r\n\r\nab", 400, true},
      {"negative CL", post + "Content-Length: -1\r\n\r\n", 400, true},
      {"CL beyond 64 bits", post + "Content-Length: 99999999999999999999\r\n\r\n", 400, true},
      {"empty CL", post + "Content-Length: \r\n\r\n", 400, true},
      {"unknown coding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, true},
      {"identity coding", post + "Transfer-Encoding: identity\r\n\r\n", 400, true},
      {"two TE", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400, true},
      {"chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400, true},
      {"chunk size no number", chunked("xyz\r\nabc\r\n0\r\n\r\n"), 400, true},
      {"chunk size no number, and nothing behind", chunked("xyz\r\n"), 400, true},
      {"chunk size negative", chunked("-1\r\nabc\r\n0\r\n\r\n"), 400, true},
      {"chunk size beyond 64 bits", chunked("10000000000000001\r\nabc\r\n0\r\n\r\n"), 400, true},
      {"chunk longer than its size", chunked("2\r\nabc\r\n0\r\n\r\n"), 400, true},
      {"chunk line without end", chunked(std::string(5000, '1')), 400, true},
      {"chunk line ends in a bare LF", chunked("3\nabc\r\n0\r\n\r\n"), 400, true},
      {"longest chunk line", chunk_line_of(1024), 200, false},
      {"chunk line one longer", chunk_line_of(1025), 400, true},
      {"largest trailer", trailer_of(4096), 200, false},
      {"trailer one larger", trailer_of(4097), 400, true},
      {"folded trailer", chunked("0\r\nX: y\r\n z\r\n\r\n"), 400, true},
      {"folded trailer before any", chunked("0\r\n z\r\n\r\n"), 400, true},
      {"bare LF in a trailer", chunked("0\r\nX: y\nZ: a\r\n\r\n"), 400, true},
      {"CL in a trailer", chunked("0\r\nContent-Length: 3\r\n\r\n"), 400, true},
      {"no Host", "GET /echo HTTP/1.1\r\n\r\n", 400, true},
      {"two Hosts", head_with("Host: other"), 400, true},
      {"a list of Hosts", "GET /echo HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, true},
      {"a Host with a user", "GET /echo HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, true},
      {"a Host with a path", "GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, true},
      {"a Host with a port", "GET /echo HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200, false},
      {"an empty Host", "GET /echo HTTP/1.1\r\nHost: \r\n\r\n", 200, false},
      {"bare LF", "GET /echo HTTP/1.1\nHost: test\n\n", 400, true},
      {"bare LF in headers", "GET /echo HTTP/1.1\r\nHost: test\nX: y\r\n\r\n", 400, true},
      {"bare CR", "GET /echo HTTP/1.1\r\nHost: te\rst\r\n\r\n", 400, true},
      {"folded header", head_with("X: y\r\n z"), 400, true},
      {"header folded by a tab", head_with("X: y\r\n\tz"), 400, true},
      {"white space before the colon", head_with("X : y"), 400, true},
      {"header without a colon", head_with("X"), 400, true},
      {"header without a name", head_with(": y"), 400, true},
      {"NUL in a header", head_with(std::string("X: y\0z", 6)), 400, true},
      {"control character in a header", head_with("X: y\x01z"), 400, true},
      {"DEL in a header", head_with("X: y\x7f"), 400, true},
      {"HTTP/0.9", "GET /echo\r\n\r\n", 400, true},
      {"HTTP/3.0", "GET /echo HTTP/3.0\r\nHost: test\r\n\r\n", 400, true},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, true},
      {"two spaces in the request line", "GET  /echo HTTP/1.1\r\nHost: test\r\n\r\n", 400, true},
      {"an empty line first", "\r\nGET /echo HTTP/1.1\r\nHost: test\r\n\r\n", 400, true},
      {"longest request line", request_line_of(8192), 200, false},
      {"request line one longer", request_line_of(8193), 414, true},
      {"control character beyond the longest request line",
       "GET /" + std::string(9000, 'x') + "\x01", 414, true},
      {"control character beyond the largest header block",
       "GET /echo HTTP/1.1\r\nX: " + std::string(17'000, 'x') + "\x01", 431, true},
      {"folded header with a control character", head_with("X: y\r\n \x01z"), 400, true},
      {"request line without end", "GET /" + std::string(100'000, 'x'), 414, true},
      {"largest header block", header_block_of(16384), 200, false},
      {"header block one larger", header_block_of(16385), 431, true},
      {"most headers", headers_of(100), 200, false},
      {"one header more", headers_of(101), 431, true},
      {"unknown method", "BREW /echo HTTP/1.1\r\nHost: test\r\n\r\n", 501, false},
      {"known method, not here", "DELETE /echo HTTP/1.1\r\nHost: test\r\n\r\n", 405, false},
      {"unknown path", "GET /nowhere HTTP/1.1\r\nHost: test\r\n\r\n", 404, false},
      {"unknown path with a body",
       "POST /nowhere HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\n", 404, true},
      {"encoded dots", "GET /%2e%2e/echo HTTP/1.1\r\nHost: test\r\n\r\n", 400, false},
      {"dots", "GET /../echo HTTP/1.1\r\nHost: test\r\n\r\n", 404, false},
      {"two slashes", "GET //echo HTTP/1.1\r\nHost: test\r\n\r\n", 404, false},
      {"encoded NUL", "GET /echo%00 HTTP/1.1\r\nHost: test\r\n\r\n", 400, false},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n", 400, false},
      {"unknown expectation", post + "Expect: junk\r\nContent-Length: 3\r\n\r\n", 417, true},
      {"largest body", request_text("POST", "/echo", "", std::string(body_bytes_max, 'b')), 200,
       false},
      {"body one larger, not sent", post + "Content-Length: 1001\r\n\r\n", 413, true},
      {"largest chunked body", chunked("3e8\r\n" + std::string(1000, 'b') + "\r\n0\r\n\r\n"), 200,
       false},
      {"chunked body one larger", chunked("3e9\r\n" + std::string(1001, 'b') + "\r\n0\r\n\r\n"),
       413, true},
      {"a chunk larger than any, not sent", chunked("fffffffffffffff0\r\n"), 413, true},
      {"chunks that add up", chunked("3E8\r\n" + std::string(1000, 'b') + "\r\n1\r\nb\r\n"), 413,
       true},
      {"garbage", "\x01\x02\x03\x04", 400, true},
  };
}

}  // namespace

TEST_CASE("the transport answers each way to frame a request as the table says") {
  fixture running;
  for (const framing_case& tried : framing_cases()) {
    CAPTURE(tried.name);
    raw_client client(running.port);
    client.send(tried.bytes);
    const auto got = client.receive();
    REQUIRE(got.has_value());
    CHECK(got->status == tried.status);
    CHECK_FALSE(got->header("x-request-id").empty());
    CHECK((got->header("connection") == "close") == tried.closes);
    if (got->status != 200) {
      CHECK(got->header("content-type") == "application/problem+json");
      CHECK(got->contains("\"code\":"));
    }
    if (tried.closes) {
      client.end_sending();
      CHECK(client.ended());
    } else {
      client.send(request_text("GET", "/echo"));
      CHECK(client.receive()->status == 200);
    }
  }
}

TEST_CASE("a request means the same however it is cut into pieces") {
  fixture running;
  const std::string sized = request_text("POST", "/echo", "", "0123456789");
  const std::string in_chunks =
      chunked("4;name=value\r\n0123\r\n6\r\n456789\r\n0\r\nX-Trailer: y\r\n\r\n");
  for (const std::string& bytes : {sized, in_chunks}) {
    for (std::size_t cut = 1; cut < bytes.size(); cut += 7) {
      raw_client client(running.port);
      client.send(std::string_view(bytes).substr(0, cut));
      client.send(std::string_view(bytes).substr(cut));
      CHECK(client.receive()->body == "POST /echo 0123456789");
    }
  }
}

TEST_CASE("pipelined requests are answered in order, with nothing left over") {
  fixture running;
  raw_client client(running.port);
  client.send(request_text("POST", "/echo?1", "", "one") + request_text("GET", "/echo?2") +
              "POST /echo?3 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
              "5\r\nthree\r\n0\r\n\r\n" +
              request_text("GET", "/echo?4"));
  CHECK(client.receive()->body == "POST /echo?1 one");
  CHECK(client.receive()->body == "GET /echo?2 ");
  CHECK(client.receive()->body == "POST /echo?3 three");
  CHECK(client.receive()->body == "GET /echo?4 ");
}

TEST_CASE("a pipelined request waits for the answer of the one before") {
  fixture running;
  raw_client client(running.port);
  client.send(request_text("POST", "/held", "", "first") + request_text("GET", "/echo?second"));
  running.handler.wait_for_held().send(json_response(200, "held"));
  CHECK(client.receive()->body == "held");
  CHECK(client.receive()->body == "GET /echo?second ");
}

TEST_CASE("the body of a refused request is never taken for a request") {
  fixture running;
  const std::string smuggled = request_text("GET", "/echo?smuggled");
  raw_client client(running.port);
  client.send("POST /nowhere HTTP/1.1\r\nHost: test\r\nContent-Length: " +
              std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled);
  CHECK(client.receive()->status == 404);
  client.end_sending();
  CHECK(client.ended());
}

TEST_CASE("the body of a GET belongs to it") {
  fixture running;
  raw_client client(running.port);
  client.send(request_text("GET", "/echo?first", "", request_text("GET", "/smuggled")) +
              request_text("GET", "/echo?second"));
  CHECK(client.receive()->contains("GET /echo?first GET /smuggled"));
  CHECK(client.receive()->body == "GET /echo?second ");
}

TEST_CASE("an answer may come from another thread, later") {
  fixture running;
  raw_client client(running.port);
  client.send(request_text("POST", "/held", "", "{}"));
  std::thread([held = running.handler.wait_for_held()] {
    held.send(json_response(202, "late"));
    held.send(json_response(500, "a second answer counts for nothing"));
  }).join();
  const auto got = client.receive();
  CHECK(got->status == 202);
  CHECK(got->body == "late");
}

TEST_CASE("a request that is dropped without an answer is answered 503") {
  fixture running;
  const reply got = exchange_once(running.port, request_text("POST", "/dropped", "", "{}"));
  CHECK(got.status == 503);
  CHECK(got.header("retry-after") == "5");
}

TEST_CASE("a client that leaves before its answer harms nobody") {
  fixture running;
  {
    raw_client client(running.port);
    client.send(request_text("POST", "/held", "", "{}"));
  }
  running.handler.wait_for_held().send(json_response(200, "to nobody"));
  CHECK(exchange_once(running.port, request_text("GET", "/echo")).status == 200);
}

TEST_CASE("a client that ends its side still gets its answer") {
  fixture running;
  raw_client client(running.port);
  client.send(request_text("POST", "/echo", "", "last"));
  client.end_sending();
  CHECK(client.receive()->body == "POST /echo last");
  CHECK(client.ended());
}

TEST_CASE("a client that expects to be told to go on is told, and once") {
  fixture running;
  raw_client client(running.port);
  client.send(
      "POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n"
      "Content-Length: 4\r\n\r\n");
  CHECK(client.receive_head().starts_with("HTTP/1.1 100 "));
  client.send("body");
  CHECK(client.receive()->body == "POST /echo body");
}

TEST_CASE("a client that expects to be told to go on with too much is told to stop") {
  fixture running;
  raw_client client(running.port);
  client.send(
      "POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n"
      "Content-Length: 1001\r\n\r\n");
  CHECK(client.receive()->status == 413);
}

TEST_CASE("a large answer to 413 reaches a client that is still sending") {
  fixture running;
  raw_client client(running.port);
  client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 4000000\r\n\r\n");
  client.send(std::string(4'000'000, 'x'));
  CHECK(client.receive()->status == 413);
}

TEST_CASE("HEAD is answered as GET, without the body") {
  fixture running;
  raw_client client(running.port);
  client.send(request_text("HEAD", "/echo"));
  const auto got = client.receive(true);
  CHECK(got->status == 200);
  CHECK(got->header("content-length") == "11");
  client.send(request_text("GET", "/echo"));
  CHECK(client.receive()->body == "GET /echo ");
}

TEST_CASE("a request's id is the client's if it is sane, else a new one") {
  fixture running;
  const auto id_for = [&](const std::string& header) {
    return exchange_once(running.port, request_text("GET", "/echo", header)).header("x-request-id");
  };
  CHECK(id_for("X-Request-Id: order-17_b.c:d\r\n") == "order-17_b.c:d");
  CHECK(id_for("X-Request-Id: " + std::string(128, 'a') + "\r\n") == std::string(128, 'a'));
  CHECK(id_for("X-Request-Id: " + std::string(129, 'a') + "\r\n").size() == 36);
  CHECK(id_for("X-Request-Id: no spaces\r\n").size() == 36);
  CHECK(id_for("X-Request-Id: \r\n").size() == 36);
  CHECK(id_for("") != id_for(""));
}

TEST_CASE("a method that a path does not take is answered with those that it takes") {
  fixture running;
  CHECK(exchange_once(running.port, request_text("PUT", "/echo")).header("allow") ==
        "GET, HEAD, POST");
  CHECK(exchange_once(running.port, request_text("POST", "/things/1")).header("allow") ==
        "GET, HEAD");
}

TEST_CASE("TLS at the plain port is closed without a word") {
  fixture running;
  raw_client client(running.port);
  client.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  CHECK(client.ended());
}

TEST_CASE("a head that does not come is answered 408") {
  fixture running(hasty(&transport_limits::head_deadline));
  raw_client client(running.port);
  client.send("GET /echo HTTP/1.1\r\nHost: te");
  CHECK(client.receive()->status == 408);
  client.end_sending();
  CHECK(client.ended());
}

TEST_CASE("a connection on which nothing comes is closed") {
  SUBCASE("before the first request") {
    fixture running(hasty(&transport_limits::head_deadline));
    raw_client client(running.port);
    CHECK(client.ended());
  }
  SUBCASE("after a request") {
    fixture running(hasty(&transport_limits::idle_deadline));
    raw_client client(running.port);
    client.send(request_text("GET", "/echo"));
    CHECK(client.receive()->status == 200);
    CHECK(client.ended());
  }
}

TEST_CASE("a body that stops coming is answered 408") {
  fixture running(hasty(&transport_limits::body_pause_max));
  for (const std::string& bytes :
       {std::string("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nab"),
        chunked("64\r\nab")}) {
    raw_client client(running.port);
    client.send(bytes);
    CHECK(client.receive()->status == 408);
    client.end_sending();
    CHECK(client.ended());
  }
}

TEST_CASE("an answer that comes late is not cut by any deadline") {
  transport_limits limits;
  limits.head_deadline = limits.idle_deadline = limits.body_pause_max = 20ms;
  fixture running(limits);
  raw_client slow(running.port);
  slow.send(request_text("POST", "/held", "", "{}"));
  const responder held = running.handler.wait_for_held();
  // Two deadlines pass on other connections while this one waits.
  CHECK(raw_client(running.port).ended());
  CHECK(raw_client(running.port).ended());
  held.send(json_response(200, "late"));
  CHECK(slow.receive()->body == "late");
}

TEST_CASE(
    "connections beyond the bound are refused with 503, and taken again when some have gone") {
  transport_limits limits;
  limits.connections_max = 2;
  fixture running(limits);
  auto first = std::make_unique<raw_client>(running.port);
  raw_client second(running.port);
  first->send(request_text("GET", "/echo"));
  second.send(request_text("GET", "/echo"));
  CHECK(first->receive()->status == 200);
  CHECK(second.receive()->status == 200);
  raw_client third(running.port);
  CHECK(third.receive()->status == 503);
  CHECK(third.ended());
  first.reset();
  while (running.front.connections() > 1) {
    std::this_thread::yield();
  }
  CHECK(exchange_once(running.port, request_text("GET", "/echo")).status == 200);
}

TEST_CASE("connections of one address beyond its bound are refused with 429, others are taken") {
  transport_limits limits;
  limits.connections_per_address_max = 2;
  fixture running(limits, {delivery::parse_network("127.0.0.3").value()});
  auto first = std::make_unique<raw_client>(running.port);
  const raw_client second(running.port);
  raw_client third(running.port);
  const auto refused = third.receive();
  CHECK(refused->status == 429);
  CHECK_FALSE(refused->header("retry-after").empty());
  CHECK(third.ended());
  raw_client elsewhere(running.port, "127.0.0.2");
  elsewhere.send(request_text("GET", "/echo"));
  CHECK(elsewhere.receive()->status == 200);
  for (int count = 0; count < 3; ++count) {
    raw_client proxy(running.port, "127.0.0.3");
    proxy.send(request_text("GET", "/echo"));
    CHECK(proxy.receive()->status == 200);
  }
  first.reset();
  while (running.front.connections() > 2) {
    std::this_thread::yield();
  }
  CHECK(exchange_once(running.port, request_text("GET", "/echo")).status == 200);
}

TEST_CASE("a request has its client's address, and believes nobody but trusted proxies") {
  fixture running({}, {delivery::parse_network("127.0.0.3").value()});
  const auto address_from = [&](const char* peer) {
    raw_client client(running.port, peer);
    client.send(request_text("GET", "/address", "X-Forwarded-For: 192.0.2.1, 198.51.100.7\r\n"));
    return client.receive()->body;
  };
  CHECK(address_from("127.0.0.2") == "127.0.0.2");
  CHECK(address_from("127.0.0.3") == "198.51.100.7");
}

TEST_CASE("a preflight of another origin is answered like any method that is not taken") {
  fixture running;
  const reply got =
      exchange_once(running.port, request_text("OPTIONS", "/echo",
                                               "Origin: https://example.com\r\n"
                                               "Access-Control-Request-Method: POST\r\n"));
  CHECK(got.status == 405);
  for (const auto& [name, value] : got.headers) {
    CHECK_FALSE(name.starts_with("access-control-"));
  }
}

TEST_CASE("bodies beyond the bound over all connections are refused with 429 until there is room") {
  transport_limits limits;
  limits.body_bytes_in_flight_max = 1999;
  fixture running(limits);
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: ";
  raw_client first(running.port);
  first.send(head + "1000\r\n\r\n");
  CHECK(first.receive_head().starts_with("HTTP/1.1 100"));
  raw_client second(running.port);
  second.send(head + "1000\r\n\r\n");
  CHECK(second.receive()->status == 429);
  raw_client third(running.port);
  third.send(head + "999\r\n\r\n");
  CHECK(third.receive_head().starts_with("HTTP/1.1 100"));
  first.send(std::string(1000, 'x'));
  CHECK(first.receive()->status == 200);
  raw_client fourth(running.port);
  fourth.send(head + "1000\r\n\r\n");
  CHECK(fourth.receive_head().starts_with("HTTP/1.1 100"));
}

TEST_CASE(
    "bodies of one address beyond its bound are refused with 429, those of others are taken") {
  transport_limits limits;
  limits.body_bytes_per_address_max = 1999;
  fixture running(limits, {delivery::parse_network("127.0.0.3").value()});
  const auto begin_body = [](raw_client& client, std::size_t bytes, const std::string& headers) {
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n" + headers +
                "Content-Length: " + std::to_string(bytes) + "\r\n\r\n");
    return client.receive_head().substr(9, 3);
  };
  raw_client first(running.port);
  CHECK(begin_body(first, 1000, "") == "100");
  raw_client second(running.port);
  CHECK(begin_body(second, 1000, "") == "429");
  raw_client behind_proxy(running.port, "127.0.0.3");
  CHECK(begin_body(behind_proxy, 1000, "X-Forwarded-For: 127.0.0.1\r\n") == "429");
  raw_client elsewhere(running.port, "127.0.0.2");
  CHECK(begin_body(elsewhere, 1000, "") == "100");
  raw_client third(running.port);
  CHECK(begin_body(third, 999, "") == "100");
  first.send(std::string(1000, 'x'));
  CHECK(first.receive()->status == 200);
  raw_client fourth(running.port);
  CHECK(begin_body(fourth, 1000, "") == "100");
}

TEST_CASE("an answer larger than any socket takes arrives whole") {
  fixture running;
  raw_client client(running.port);
  client.send(request_text("GET", "/large") + request_text("GET", "/echo"));
  CHECK(client.receive()->body == std::string(large_bytes, 'l'));
  CHECK(client.receive()->body == "GET /echo ");
}

TEST_CASE("a client that does not take its answer is closed") {
  fixture running(hasty(&transport_limits::write_deadline));
  raw_client client(running.port);
  client.send(request_text("GET", "/large"));
  while (running.handler.answers == 0 || running.front.connections() > 0) {
    std::this_thread::yield();
  }
}

TEST_CASE("a second server at the same port does not start") {
  fixture running;
  echo_handler handler;
  front second({"127.0.0.1", running.port, 1, {}}, handler);
  const auto started = second.start();
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().code == domain::ec::conflict);
  CHECK(started.error().detail.find("Address already in use") != std::string::npos);
}

TEST_CASE("draining ends idle connections, finishes requests, and accepts no more") {
  fixture running;
  raw_client idle(running.port);
  idle.send(request_text("GET", "/echo"));
  CHECK(idle.receive()->status == 200);
  raw_client busy(running.port);
  busy.send(request_text("POST", "/held", "", "{}"));
  const responder held = running.handler.wait_for_held();

  bool drained = false;
  std::thread draining([&] { drained = running.front.drain(30s); });
  CHECK(idle.ended());
  held.send(json_response(200, "finished"));
  const auto got = busy.receive();
  CHECK(got->body == "finished");
  CHECK(got->header("connection") == "close");
  busy.end_sending();
  draining.join();
  CHECK(drained);
  CHECK(running.front.connections() == 0);
}

TEST_CASE("draining gives up when its time is over") {
  fixture running;
  raw_client busy(running.port);
  busy.send(request_text("POST", "/held", "", "{}"));
  const responder held = running.handler.wait_for_held();
  CHECK_FALSE(running.front.drain(1ms));
  running.front.stop();
  running.front.stop();
  held.send(json_response(200, "to nobody"));
}

TEST_CASE("every answer is counted") {
  fixture running;
  raw_client client(running.port);
  client.send(request_text("GET", "/echo"));
  client.receive();
  client.send(request_text("GET", "/nowhere"));
  client.receive();
  client.send("garbage\n");
  client.receive();
  CHECK(running.handler.answers == 3);
}

}  // namespace talaria::http::test
