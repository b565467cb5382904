#include "delivery/curl_handles.hpp"
#include "delivery/transfer.hpp"
#include "tests/delivery/engine_fixture.hpp"
#include "tests/support/scripted_receiver.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>

namespace talaria::delivery {

using domain::attempt_error;
using test_support::scripted_receiver;

namespace {

const transfer_settings settings{.connect_timeout = std::chrono::seconds(5),
                                 .response_bytes_max = 1024,
                                 .response_header_bytes_max = 1024,
                                 .ca_bundle = {}};

/// Transfers that skip the loop's own check of the addresses, so that libcurl's callbacks are the
/// only guard, and that share the connections of one multi handle.
class unguarded_loop {
public:
  outbound_response send(const scripted_receiver& receiver, const address_policy& policy) {
    transfer made(settings, policy, share_.get());
    auto request = to(receiver);
    made.begin(request, request_in_flight::clock::now());
    curl_multi_add_handle(multi_.get(), made.handle());
    const CURLcode result = run();
    curl_multi_remove_handle(multi_.get(), made.handle());
    return made.response(result);
  }

private:
  static request_in_flight to(const scripted_receiver& receiver) {
    request_in_flight request;
    request.request = request_to(receiver.url());
    request.target = domain::parse_webhook_url(request.request.url).value();
    request.addresses = {address("127.0.0.1")};
    request.deadline = request_in_flight::clock::now() + patience;
    return request;
  }

  CURLcode run() {
    int running = 1;
    while (running > 0) {
      curl_multi_perform(multi_.get(), &running);
      curl_multi_poll(multi_.get(), nullptr, 0, running > 0 ? 1000 : 0, nullptr);
    }
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
    if (message == nullptr)
      throw std::runtime_error("the transfer did not end");
    return message->data.result;
  }

  share_handle share_{curl_share_init()};
  multi_handle multi_{curl_multi_init()};
};

address_policy loopback_policy() {
  address_policy policy;
  policy.allowed = {parse_network("127.0.0.0/8").value()};
  return policy;
}

}  // namespace

TEST_CASE("a socket to a forbidden address is never made") {
  scripted_receiver receiver;
  unguarded_loop loop;
  CHECK(loop.send(receiver, address_policy{}).error == attempt_error::blocked_address);
  CHECK(receiver.connection_count() == 0);
}

TEST_CASE("a kept connection to an address that is forbidden by now carries no request") {
  scripted_receiver receiver;
  unguarded_loop loop;
  CHECK(loop.send(receiver, loopback_policy()).status_code == 200);
  CHECK(loop.send(receiver, loopback_policy()).status_code == 200);
  CHECK(receiver.connection_count() == 1);

  CHECK(loop.send(receiver, address_policy{}).error == attempt_error::blocked_address);

  CHECK(receiver.connection_count() == 1);
  CHECK(receiver.request_count() == 2);
}

}  // namespace talaria::delivery
