#include "delivery/engine.hpp"
#include "tests/delivery/engine_fixture.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/tls_receiver.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace talaria::delivery {

using domain::attempt_error;
using test_support::certificate;
using test_support::make_certificate;
using test_support::temporary_file;
using test_support::tls_receiver;

namespace {

domain::shared_receiver_tls trusting(const certificate& authority, const certificate& client = {}) {
  domain::receiver_tls made;
  made.ca_certificates = authority.certificate_pem;
  made.client_certificate = client.certificate_pem;
  made.client_key = client.key_pem;
  return std::make_shared<const domain::receiver_tls>(std::move(made));
}

outbound_response send_to(engine& sender, const tls_receiver& receiver,
                          domain::shared_receiver_tls tls) {
  auto request = request_to(receiver.url("receiver.test"));
  request.tls = std::move(tls);
  return send_and_wait(sender, std::move(request));
}

}  // namespace

TEST_CASE("a request's own authorities count for it alone, also on a handle used before") {
  const auto identity = make_certificate({"receiver.test"});
  for (const bool keep_alive : {false, true}) {
    CAPTURE(keep_alive);
    tls_receiver receiver(identity, {.client_authorities = {}, .keep_alive = keep_alive});
    engine sender(loopback_options());
    CHECK(send_to(sender, receiver, nullptr).error == attempt_error::tls);
    CHECK(send_to(sender, receiver, trusting(identity)).status_code == 200);
    CHECK(send_to(sender, receiver, nullptr).error == attempt_error::tls);
    CHECK(send_to(sender, receiver, trusting(make_certificate({"other.test"}))).error ==
          attempt_error::tls);
    CHECK(send_to(sender, receiver, trusting(identity)).status_code == 200);
    CHECK(receiver.request_count() == 2);
  }
}

TEST_CASE("a request's own authorities replace all others") {
  const auto identity = make_certificate({"receiver.test"});
  const temporary_file bundle(identity.certificate_pem);
  tls_receiver receiver(identity, {.client_authorities = {}, .keep_alive = true});
  auto options = loopback_options();
  options.ca_bundle = bundle.path();
  engine sender(options);
  CHECK(send_to(sender, receiver, nullptr).status_code == 200);
  CHECK(send_to(sender, receiver, trusting(make_certificate({"receiver.test"}))).error ==
        attempt_error::tls);
  CHECK(send_to(sender, receiver, nullptr).status_code == 200);
  CHECK(receiver.request_count() == 2);
}

TEST_CASE("a receiver that demands a certificate gets ours, and refuses whoever has none") {
  const auto identity = make_certificate({"receiver.test"});
  const auto client = make_certificate({"talaria.test"});
  tls_receiver receiver(identity, {.client_authorities = client.certificate_pem});
  engine sender(loopback_options());
  CHECK(send_to(sender, receiver, trusting(identity)).error == attempt_error::tls);
  CHECK(send_to(sender, receiver, trusting(identity, client)).status_code == 200);
  CHECK(send_to(sender, receiver, trusting(identity)).error == attempt_error::tls);
  CHECK(send_to(sender, receiver, trusting(identity, make_certificate({"talaria.test"}))).error ==
        attempt_error::tls);
  CHECK(receiver.clients() == std::vector{client.certificate_pem});
}

TEST_CASE("kept connections and sessions are not shared by requests with different certificates") {
  const auto identity = make_certificate({"receiver.test"});
  const auto first = make_certificate({"first.test"});
  const auto second = make_certificate({"second.test"});
  for (const bool keep_alive : {false, true}) {
    CAPTURE(keep_alive);
    tls_receiver receiver(identity,
                          {.client_authorities = first.certificate_pem + second.certificate_pem,
                           .client_certificate_required = false,
                           .keep_alive = keep_alive});
    auto options = loopback_options();
    options.loops = 1;
    engine sender(options);
    for (const auto& client : {first, first, second, certificate{}, first, second, certificate{}})
      CHECK(send_to(sender, receiver, trusting(identity, client)).status_code == 200);

    const std::string none;
    CHECK(receiver.clients() == std::vector{first.certificate_pem, first.certificate_pem,
                                            second.certificate_pem, none, first.certificate_pem,
                                            second.certificate_pem, none});
    CHECK(receiver.connection_count() == (keep_alive ? 3 : 7));
  }
}

TEST_CASE("a key that is not the certificate's is an error of TLS") {
  const auto identity = make_certificate({"receiver.test"});
  tls_receiver receiver(identity);
  engine sender(loopback_options());
  auto mixed = make_certificate({"first.test"});
  mixed.key_pem = make_certificate({"second.test"}).key_pem;
  CHECK(send_to(sender, receiver, trusting(identity, mixed)).error == attempt_error::tls);
  CHECK(receiver.request_count() == 0);
}

}  // namespace talaria::delivery
