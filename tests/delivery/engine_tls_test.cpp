#include "delivery/engine.hpp"
#include "tests/delivery/engine_fixture.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/scripted_receiver.hpp"
#include "tests/support/tls_receiver.hpp"

#include <doctest/doctest.h>

namespace talaria::delivery {

using domain::attempt_error;
using test_support::make_certificate;
using test_support::temporary_file;
using test_support::tls_receiver;

TEST_CASE("a certificate that nobody known has signed is refused before anything is sent") {
  tls_receiver receiver(make_certificate({"receiver.test"}));
  engine sender(loopback_options());
  const auto response = send_and_wait(sender, request_to(receiver.url("receiver.test")));
  CHECK(response.error == attempt_error::tls);
  CHECK(response.status_code == 0);
  CHECK(receiver.request_count() == 0);
}

TEST_CASE("a certificate of a trusted authority is accepted, and sessions are resumed") {
  const auto identity = make_certificate({"receiver.test"});
  const temporary_file bundle(identity.certificate_pem);
  tls_receiver receiver(identity);
  auto options = loopback_options();
  options.ca_bundle = bundle.path();
  engine sender(options);

  for (int sent = 0; sent < 3; ++sent)
    CHECK(send_and_wait(sender, request_to(receiver.url("receiver.test"))).status_code == 200);

  CHECK(receiver.request_count() == 3);
  CHECK(receiver.resumed_count() == 2);
}

TEST_CASE("a certificate for another name is refused, though its authority is trusted") {
  const auto identity = make_certificate({"receiver.test"});
  const temporary_file bundle(identity.certificate_pem);
  tls_receiver receiver(identity);
  auto options = loopback_options();
  options.ca_bundle = bundle.path();
  engine sender(options);
  for (const char* host : {"other.test", "127.0.0.1"}) {
    CAPTURE(host);
    CHECK(send_and_wait(sender, request_to(receiver.url(host))).error == attempt_error::tls);
  }
  CHECK(receiver.request_count() == 0);
}

TEST_CASE("a certificate outside of its time is refused, though its authority is trusted") {
  for (const auto& valid : {test_support::validity{.from_days = -2, .to_days = -1},
                            test_support::validity{.from_days = 1, .to_days = 2}}) {
    CAPTURE(valid.from_days);
    const auto identity = make_certificate({"receiver.test"}, valid);
    const temporary_file bundle(identity.certificate_pem);
    tls_receiver receiver(identity);
    auto options = loopback_options();
    options.ca_bundle = bundle.path();
    engine sender(options);
    const auto response = send_and_wait(sender, request_to(receiver.url("receiver.test")));
    CHECK(response.error == attempt_error::tls);
    CHECK(response.status_code == 0);
    CHECK(receiver.request_count() == 0);
  }
}

TEST_CASE("a receiver that does not speak TLS, or breaks off the handshake, is an error of TLS") {
  for (const auto& hostile :
       {test_support::send("HTTP/1.1 400 Bad Request\r\n\r\n", test_support::script::ending::close),
        test_support::send("", test_support::script::ending::close),
        test_support::send("", test_support::script::ending::reset)}) {
    test_support::scripted_receiver receiver(hostile);
    engine sender(loopback_options());
    const std::string url = "https://plain.test:" + std::to_string(receiver.port()) + "/";
    CHECK(send_and_wait(sender, request_to(url)).error == attempt_error::tls);
    CHECK(receiver.requests().front().method == "TLS");
  }
}

TEST_CASE("a handshake that is never answered runs into the timeout") {
  test_support::scripted_receiver receiver(
      test_support::send("", test_support::script::ending::hang));
  engine sender(loopback_options());
  auto request = request_to("https://hangs.test:" + std::to_string(receiver.port()) + "/");
  request.timeout = std::chrono::milliseconds(200);
  CHECK(send_and_wait(sender, request).error == attempt_error::timeout);
}

TEST_CASE("a bundle that cannot be read is an error of ours, not of the receiver") {
  tls_receiver receiver(make_certificate({"receiver.test"}));
  auto options = loopback_options();
  options.ca_bundle = "/nonexistent/bundle.pem";
  engine sender(options);
  CHECK(send_and_wait(sender, request_to(receiver.url("receiver.test"))).error ==
        attempt_error::internal);
}

}  // namespace talaria::delivery
