#include "delivery/engine.hpp"
#include "domain/limits.hpp"
#include "tests/delivery/engine_fixture.hpp"
#include "tests/support/scripted_receiver.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

namespace talaria::delivery {

using domain::attempt_error;
using test_support::answer;
using test_support::received_request;
using test_support::script;
using test_support::scripted_receiver;
using test_support::send;

namespace {

constexpr std::chrono::milliseconds short_timeout{200};
/// What the sockets' buffers on both sides may hold beyond what was read.
constexpr std::uint64_t buffered_bytes_max = 16 * 1024 * 1024;

/// The answer of an engine of its own to one request to a receiver that follows `hostile`.
outbound_response response_to(const script& hostile, std::chrono::milliseconds timeout = patience,
                              std::string body = "{}") {
  scripted_receiver receiver(hostile);
  engine sender(loopback_options());
  auto request = request_to(receiver.url(), std::move(body));
  request.timeout = timeout;
  return send_and_wait(sender, std::move(request));
}

std::string head(std::string_view headers) {
  return "HTTP/1.1 200 OK\r\n" + std::string(headers) + "\r\n";
}

/// Where a gzip stream begins that has neither name nor time.
constexpr std::string_view gzip_start{"\x1f\x8b\x08\0\0\0\0\0\0\x03", 10};

/// 64 KiB of zeros in 83 bytes: blocks of DEFLATE that end with a byte and refer to nothing before
/// them, so that they may be repeated without end.
std::string deflated_zeros() {
  using namespace std::string_literals;
  return "\xec\xc1\x01\x01\x00\x00\x00\x80\x90\xfe\xaf\xee\x08\x0a"s + std::string(63, '\0') +
         "\x6a\x00\x00\x00\xff\xff"s;
}

/// As a chunk of `Transfer-Encoding: chunked`.
std::string chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace

TEST_CASE("a receiver that never answers runs into the timeout") {
  const auto response = response_to(send("", script::ending::hang), short_timeout);
  CHECK(response.error == attempt_error::timeout);
  CHECK(response.status_code == 0);
}

TEST_CASE("a receiver that drips its headers runs into the timeout") {
  CHECK(response_to(send("HTTP/1.1 200 OK\r\n", script::ending::drip, "X-A: b\r\n"), short_timeout)
            .error == attempt_error::timeout);
}

TEST_CASE("a receiver that drips its body runs into the timeout, with the status it gave") {
  const auto response =
      response_to(send(head("Content-Length: 1000000\r\n"), script::ending::drip, "drop "),
                  std::chrono::seconds(1));
  CHECK(response.error == attempt_error::timeout);
  CHECK(response.status_code == 200);
  CHECK(response.body.substr(0, 5) == "drop ");
}

TEST_CASE("a receiver that does not read a large body runs into the timeout") {
  auto stalling = send("", script::ending::stall);
  stalling.begin = script::moment::headers_read;
  const auto response = response_to(stalling, short_timeout, std::string(32 * 1024 * 1024, 'b'));
  CHECK(response.error == attempt_error::timeout);
}

TEST_CASE("a connection that breaks within the body is a reset") {
  for (const auto ending : {script::ending::reset, script::ending::close}) {
    CHECK(response_to(send(head("Content-Length: 100\r\n") + "half", ending)).error ==
          attempt_error::reset);
    CHECK(
        response_to(send(head("Transfer-Encoding: chunked\r\n") + "4\r\nhalf\r\n", ending)).error ==
        attempt_error::reset);
  }
}

TEST_CASE("a connection that breaks within or before the headers is a reset") {
  for (const auto ending : {script::ending::reset, script::ending::close}) {
    CHECK(response_to(send("", ending)).error == attempt_error::reset);
    CHECK(response_to(send("HTTP/1.1 200 OK\r\nX-A: b\r\n", ending)).error == attempt_error::reset);
  }
}

TEST_CASE("an answer given before the body was read counts") {
  const std::string body(8 * 1024 * 1024, 'b');
  for (const int status : {200, 413}) {
    CAPTURE(status);
    auto early = answer(status, "early", {"Connection: close"});
    early.begin = script::moment::headers_read;
    const auto response = response_to(early, patience, body);
    CHECK(response.error == attempt_error::none);
    CHECK(response.status_code == status);
    CHECK(response.body == "early");
  }
}

TEST_CASE("a connection on which an answer came early is not used again for a request cut short") {
  scripted_receiver receiver([](const received_request& request) {
    auto made = answer(request.target == "/early" ? 413 : 200);
    made.begin =
        request.target == "/early" ? script::moment::headers_read : script::moment::request_read;
    return made;
  });
  engine sender(loopback_options());
  const std::string body(8 * 1024 * 1024, 'b');

  CHECK(send_and_wait(sender, request_to(receiver.url("/early"), body)).status_code == 413);
  CHECK(send_and_wait(sender, request_to(receiver.url("/next"), "next")).status_code == 200);

  CHECK(receiver.requests().back().body == "next");
}

TEST_CASE("what is not HTTP is an invalid response") {
  for (const char* garbage :
       {"SSH-2.0-OpenSSH_9.2\r\n", "220 mail.example.com ESMTP\r\n", "<html>hello</html>\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "HTTP/5.0 200 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 99999 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n", "RTSP/1.0 200 OK\r\n\r\n"}) {
    CAPTURE(garbage);
    const auto response = response_to(send(garbage, script::ending::close));
    CHECK(response.error == attempt_error::invalid_response);
    CHECK(response.status_code == 0);
  }
}

TEST_CASE("a malformed chunk is a reset: libcurl does not tell them apart") {
  CHECK(response_to(
            send(head("Transfer-Encoding: chunked\r\n") + "no number\r\n", script::ending::hang))
            .error == attempt_error::reset);
}

TEST_CASE("the connection of an answer whose framing makes no sense is not used again") {
  for (const char* headers : {"Content-Length: -5\r\n", "Content-Length: five\r\n",
                              "Transfer-Encoding: unheard-of\r\n"}) {
    CAPTURE(headers);
    scripted_receiver receiver([&](const received_request& request) {
      return request.connection == 0 ? send(head(headers), script::ending::close) : answer(201);
    });
    engine sender(loopback_options());
    CHECK(send_and_wait(sender, request_to(receiver.url())).status_code == 200);
    CHECK(send_and_wait(sender, request_to(receiver.url())).status_code == 201);
    CHECK(receiver.connection_count() == 2);
  }
}

TEST_CASE("headers without end are too large") {
  SUBCASE("many lines") {
    CHECK(response_to(send("HTTP/1.1 200 OK\r\n", script::ending::repeat, "X-A: b\r\n")).error ==
          attempt_error::response_too_large);
  }
  SUBCASE("one line") {
    CHECK(response_to(
              send("HTTP/1.1 200 OK\r\nX-A: ", script::ending::repeat, std::string(4096, 'a')))
              .error == attempt_error::response_too_large);
  }
  SUBCASE("trailers") {
    CHECK(response_to(send(head("Transfer-Encoding: chunked\r\n") + "0\r\n", script::ending::repeat,
                           "X-A: b\r\n"))
              .error == attempt_error::response_too_large);
  }
  SUBCASE("1xx answers") {
    const auto response =
        response_to(send("", script::ending::repeat, "HTTP/1.1 100 Continue\r\n\r\n"));
    CHECK(response.error == attempt_error::response_too_large);
    CHECK(response.status_code == 0);
  }
}

TEST_CASE("a status line without end is too large") {
  const auto error =
      response_to(send("HTTP/1.1 200 ", script::ending::repeat, std::string(4096, 'a'))).error;
  CHECK(error == attempt_error::response_too_large);
}

TEST_CASE("1xx answers before the answer are passed over") {
  const auto response = response_to(
      send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n" +
               head("Content-Length: 2\r\n") + "ok",
           script::ending::keep_alive));
  CHECK(response.error == attempt_error::none);
  CHECK(response.status_code == 200);
  CHECK(response.body == "ok");
  CHECK_FALSE(response.retry_after.has_value());
}

TEST_CASE("a body without end is cut, and the status counts") {
  for (const char* framing : {"", "Content-Length: 99999999999\r\n"}) {
    CAPTURE(framing);
    scripted_receiver receiver(
        send(head(framing), script::ending::repeat, std::string(16 * 1024, 'a')));
    engine sender(loopback_options());
    const auto response = send_and_wait(sender, request_to(receiver.url()));
    CHECK(response.error == attempt_error::none);
    CHECK(response.status_code == 200);
    CHECK(response.body == std::string(1000, 'a'));
    CHECK(receiver.wait_for_closed_connections(1));
    CHECK(receiver.bytes_sent() < buffered_bytes_max);
  }
}

TEST_CASE("a chunked body without end is cut, and the status counts") {
  const auto response = response_to(
      send(head("Transfer-Encoding: chunked\r\n"), script::ending::repeat, "4\r\nabcd\r\n"));
  CHECK(response.error == attempt_error::none);
  CHECK(response.status_code == 200);
}

TEST_CASE("a body at the limit is whole, and its connection is kept; one byte more is cut") {
  scripted_receiver receiver([](const received_request& request) {
    return answer(200, std::string(request.target == "/over" ? 1001 : 1000, 'a'));
  });
  auto options = loopback_options();
  options.response_bytes_max = 1000;
  engine sender(options);

  CHECK(send_and_wait(sender, request_to(receiver.url("/at"))).status_code == 200);
  CHECK(send_and_wait(sender, request_to(receiver.url("/over"))).status_code == 200);
  CHECK(receiver.connection_count() == 1);
  CHECK(send_and_wait(sender, request_to(receiver.url("/at"))).status_code == 200);
  CHECK(receiver.connection_count() == 2);
}

TEST_CASE("a redirect is not followed") {
  for (const int status : {301, 302, 303, 307, 308}) {
    scripted_receiver elsewhere;
    scripted_receiver receiver(answer(status, "", {"Location: " + elsewhere.url()}));
    engine sender(loopback_options());
    const auto response = send_and_wait(sender, request_to(receiver.url()));
    CHECK(response.error == attempt_error::none);
    CHECK(response.status_code == status);
    CHECK(elsewhere.connection_count() == 0);
  }
}

TEST_CASE("an unasked answer that follows an answer is not taken for that of the next request") {
  scripted_receiver receiver([](const received_request& request) {
    auto made = answer(request.on_connection == 0 && request.connection == 0 ? 201 : 204);
    if (made.bytes.find("201") != std::string::npos)
      made.bytes += answer(500, "injected").bytes;
    return made;
  });
  engine sender(loopback_options());
  CHECK(send_and_wait(sender, request_to(receiver.url())).status_code == 201);
  CHECK(send_and_wait(sender, request_to(receiver.url())).status_code == 204);
}

TEST_CASE("1xx answers that no answer follows are no answer") {
  const auto response = response_to(send("HTTP/1.1 100 Continue\r\n\r\n", script::ending::close));
  CHECK(response.error != attempt_error::none);
  CHECK(response.status_code == 0);
}

TEST_CASE("an answer of 101 is none: nobody asked for another protocol") {
  const auto response =
      response_to(send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                       "Upgrade\r\n\r\nbytes",
                       script::ending::close));
  CHECK(response.error == attempt_error::invalid_response);
  CHECK(response.status_code == 0);
}

TEST_CASE("a compressed body is kept as it is, not unpacked") {
  const auto response = response_to(answer(200, "\x1f\x8b", {"Content-Encoding: gzip"}));
  CHECK(response.error == attempt_error::none);
  CHECK(response.body == "\x1f\xEF\xBF\xBD");
}

TEST_CASE("a bomb of a compressed body is never unpacked, and cut like any other") {
  scripted_receiver receiver(send(head("Content-Encoding: gzip\r\n") + std::string(gzip_start),
                                  script::ending::repeat, deflated_zeros()));
  engine sender(loopback_options());
  const auto response = send_and_wait(sender, request_to(receiver.url()));
  CHECK(response.error == attempt_error::none);
  CHECK(response.status_code == 200);
  CHECK(response.body.starts_with("\x1f"));
  CHECK(receiver.wait_for_closed_connections(1));
  CHECK(receiver.bytes_sent() < buffered_bytes_max);
}

TEST_CASE("a bomb of a compressed transfer is cut at the limit of what it unpacks to") {
  // libcurl unpacks a transfer encoding that nobody asked for, a buffer at a time.
  scripted_receiver receiver(send(head("Transfer-Encoding: gzip, chunked\r\n") + chunk(gzip_start),
                                  script::ending::repeat, chunk(deflated_zeros())));
  engine sender(loopback_options());
  const auto response = send_and_wait(sender, request_to(receiver.url()));
  CHECK(response.error == attempt_error::none);
  CHECK(response.status_code == 200);
  // A zero, replaced.
  CHECK(response.body.starts_with("\xEF\xBF\xBD"));
  CHECK(receiver.wait_for_closed_connections(1));
  CHECK(receiver.bytes_sent() < buffered_bytes_max);
}

TEST_CASE("a chunk whose size never ends runs into the timeout") {
  const auto response = response_to(send(head("Transfer-Encoding: chunked\r\n") + "5;",
                                         script::ending::repeat, std::string(4096, 'x')),
                                    short_timeout);
  CHECK(response.error == attempt_error::timeout);
  CHECK(response.status_code == 200);
}

TEST_CASE("a Retry-After that asks for ages is cut to the longest delay, and nonsense is none") {
  const auto most = std::chrono::floor<std::chrono::seconds>(domain::limits::retry_delay_max);
  struct expectation {
    std::string value;
    std::optional<std::chrono::seconds> taken;
  };
  for (const auto& [value, taken] :
       {expectation{"1e12", std::nullopt}, expectation{"-5", std::nullopt},
        expectation{"1000000000000", most}, expectation{std::string(1000, '9'), most},
        expectation{"Fri, 31 Dec 9999 23:59:59 GMT", most}}) {
    CAPTURE(value);
    const auto response = response_to(answer(503, "", {"Retry-After: " + value}));
    CHECK(response.error == attempt_error::none);
    CHECK(response.status_code == 503);
    CHECK(response.retry_after == taken);
  }
}

TEST_CASE("bytes that are not text come back as text") {
  const auto response = response_to(answer(500, std::string("a\0\xFF", 3)));
  CHECK(response.status_code == 500);
  CHECK(response.body == "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("answers of all kinds leave the engine able to go on") {
  scripted_receiver receiver([](const received_request& request) {
    if (request.target == "/0")
      return send("", script::ending::reset);
    if (request.target == "/1")
      return send("garbage\r\n\r\n", script::ending::close);
    if (request.target == "/2")
      return send("HTTP/1.1 200 OK\r\n", script::ending::repeat, "X-A: b\r\n");
    if (request.target == "/3")
      return send(head(""), script::ending::repeat, std::string(4096, 'a'));
    return answer(200);
  });
  engine sender(loopback_options());
  std::vector<std::future<outbound_response>> pending;
  for (int sent = 0; sent < 500; ++sent)
    pending.push_back(start(sender, request_to(receiver.url("/" + std::to_string(sent % 5)))));
  const auto good = std::count_if(pending.begin(), pending.end(), [](auto& each) {
    const auto response = wait_for(each);
    return response.error == attempt_error::none && response.status_code == 200;
  });
  // Every fifth is healthy, and every fifth has only its body cut.
  CHECK(good == 200);
}

}  // namespace talaria::delivery
