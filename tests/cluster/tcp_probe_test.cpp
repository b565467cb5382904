#include "cluster/tcp_probe.hpp"

#include "delivery/file_descriptor.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace talaria;
using namespace std::chrono_literals;

namespace {

/// A socket at a port of loopback that is free.
struct local_port {
  local_port() : socket(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    number = ntohs(address.sin_port);
  }

  void listen(int backlog) { REQUIRE(::listen(socket.get(), backlog) == 0); }

  delivery::file_descriptor socket;
  std::uint16_t number = 0;
};

domain::result<std::string> outcome_of(cluster::tcp_probe& probe, const std::string& host,
                                       std::uint16_t port) {
  auto outcome = std::make_shared<std::promise<domain::result<std::string>>>();
  auto ended = outcome->get_future();
  probe.begin(host, port, [outcome](domain::result<std::string> found) {
    outcome->set_value(std::move(found));
  });
  REQUIRE(ended.wait_for(60s) == std::future_status::ready);
  return ended.get();
}

}  // namespace

TEST_CASE("an address that accepts connections is given back as a number") {
  cluster::tcp_probe probe{60s};
  local_port open;
  open.listen(8);
  CHECK(outcome_of(probe, "127.0.0.1", open.number) == "127.0.0.1");
  CHECK(outcome_of(probe, "localhost", open.number) == "127.0.0.1");
}

TEST_CASE("a port that nobody listens at, and a name that nobody has, are said so") {
  cluster::tcp_probe probe{60s};
  const local_port closed;
  const auto refused = outcome_of(probe, "127.0.0.1", closed.number);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find("refused") != std::string::npos);
  CHECK_FALSE(outcome_of(probe, "no-such-host.invalid", 1));
}

TEST_CASE("an address that says nothing is given up, and others are tried meanwhile") {
  cluster::tcp_probe patient{60s};
  // Linux answers nothing when so many connections wait to be accepted.
  local_port silent;
  silent.listen(0);
  std::vector<delivery::file_descriptor> waiting;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(silent.number);
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    ::connect(waiting.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  patient.begin("127.0.0.1", silent.number, [](const domain::result<std::string>&) {});
  local_port open;
  open.listen(8);
  CHECK(outcome_of(patient, "127.0.0.1", open.number));

  cluster::tcp_probe impatient{10ms};
  const auto given_up = outcome_of(impatient, "127.0.0.1", silent.number);
  REQUIRE_FALSE(given_up);
  CHECK(given_up.error().detail.find("timed out") != std::string::npos);
}
