#include "chaos/relay.hpp"

#include "posix/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "chaos/socket_owner.hpp"
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>

using namespace talaria;
using namespace std::chrono_literals;
using chaos::impairment;
using chaos::relay;
using delivery::file_descriptor;

namespace {

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

file_descriptor make_socket() {
  return file_descriptor{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

/// A server that accepts one connection at a time, and a relay before it.
struct relayed_server {
  posix::temporary_directory directory;
  std::filesystem::path server_path = directory.path() / "server";
  std::filesystem::path relay_path = directory.path() / "relay";
  file_descriptor listener = make_socket();

  relayed_server() { listen(); }

  void listen() {
    std::filesystem::remove(server_path);
    listener = make_socket();
    const auto address = address_of(server_path);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    REQUIRE(::listen(listener.get(), 4) == 0);
  }

  file_descriptor connect() const {
    auto client = make_socket();
    const auto address = address_of(relay_path);
    REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    return client;
  }
  file_descriptor accept() const {
    return file_descriptor{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  }
};

void say(const file_descriptor& to, const std::string& text) {
  REQUIRE(::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
}

bool has_heard_something(const file_descriptor& from) {
  pollfd watched{.fd = from.get(), .events = POLLIN, .revents = 0};
  return ::poll(&watched, 1, 0) != 0;
}

/// Empty at the end.
std::string hear(const file_descriptor& from) {
  std::array<char, 100> buffer;
  const auto count = ::recv(from.get(), buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

/// Invalid if it is refused.
file_descriptor dial(std::uint16_t port) {
  file_descriptor client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return file_descriptor{};
  return client;
}

file_descriptor dial_until_accepted(std::uint16_t port) {
  const auto until = std::chrono::steady_clock::now() + 30s;
  auto client = dial(port);
  while (!client.valid() && std::chrono::steady_clock::now() < until)
    client = dial(port);
  return client;
}

file_descriptor connect_to(std::uint16_t port) {
  auto client = dial(port);
  REQUIRE(client.valid());
  return client;
}

std::uint16_t port_of(const file_descriptor& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

/// The relay has seen all that was said before: what is said to it first is passed on first.
void wait_for_relay(const relayed_server& both) {
  const auto client = both.connect();
  const auto server = both.accept();
  say(server, "seen");
  CHECK(hear(client) == "seen");
}

}  // namespace

TEST_CASE("a relay passes on what both sides say, and their ends") {
  const relayed_server both;
  relay between{{both.relay_path}, {both.server_path}};
  auto client = both.connect();
  auto server = both.accept();
  say(client, "question");
  CHECK(hear(server) == "question");
  say(server, "answer");
  CHECK(hear(client) == "answer");
  say(server, "last");
  server = file_descriptor{};
  CHECK(hear(client) == "last");
  CHECK(hear(client).empty());
}

TEST_CASE("a relay that is slow loses nothing") {
  const relayed_server both;
  relay between{{both.relay_path}, {both.server_path}};
  between.delay(1ms);
  const auto client = both.connect();
  auto server = both.accept();
  say(server, "one");
  CHECK(hear(client) == "one");
  say(server, "two");
  server = file_descriptor{};
  CHECK(hear(client) == "two");
  CHECK(hear(client).empty());
}

TEST_CASE("a client of a server that is not there is told so") {
  relayed_server both;
  relay between{{both.relay_path}, {both.server_path}};
  both.listener = file_descriptor{};
  CHECK(hear(both.connect()).empty());
}

TEST_CASE("a server that is not there refuses who dials its relay, until it is there again") {
  relayed_server both;
  relay between{{}, {both.server_path}};
  both.listener = file_descriptor{};
  // By this one it is found out.
  CHECK(hear(dial(between.port())).empty());
  CHECK_FALSE(dial(between.port()).valid());
  both.listen();
  const auto client = dial_until_accepted(between.port());
  REQUIRE(client.valid());
  // The first one was the relay itself, that looked for it.
  CHECK(hear(both.accept()).empty());
  const auto server = both.accept();
  say(client, "question");
  CHECK(hear(server) == "question");
}

TEST_CASE("what one side says is held, and passed on later") {
  const relayed_server both;
  relay between{{both.relay_path}, {both.server_path}};
  const auto client = both.connect();
  const auto server = both.accept();
  SUBCASE("the client") {
    between.impair(impairment::hold_to_server);
    say(client, "late");
    wait_for_relay(both);
    CHECK_FALSE(has_heard_something(server));
    say(server, "soon");
    CHECK(hear(client) == "soon");
    between.impair(impairment::none);
    CHECK(hear(server) == "late");
  }
  SUBCASE("the server") {
    between.impair(impairment::hold_to_client);
    say(server, "late");
    say(client, "soon");
    CHECK(hear(server) == "soon");
    CHECK_FALSE(has_heard_something(client));
    between.impair(impairment::none);
    CHECK(hear(client) == "late");
  }
}

TEST_CASE("what was held arrives also after whoever said it has gone") {
  const relayed_server both;
  relay between{{both.relay_path}, {both.server_path}};
  auto client = both.connect();
  const auto server = both.accept();
  between.impair(impairment::hold_to_server);
  say(client, "last words");
  client = file_descriptor{};
  wait_for_relay(both);
  between.impair(impairment::none);
  CHECK(hear(server) == "last words");
  CHECK(hear(server).empty());
}

TEST_CASE("a relay that is cut ends its connections, and takes none until it is whole again") {
  const relayed_server both;
  relay between{{both.relay_path}, {both.server_path}};
  const auto client = both.connect();
  const auto server = both.accept();
  between.impair(impairment::cut);
  CHECK(hear(client).empty());
  CHECK(hear(server).empty());
  CHECK(hear(both.connect()).empty());
  between.impair(impairment::none);
  const auto again = both.connect();
  const auto served = both.accept();
  say(again, "question");
  CHECK(hear(served) == "question");
}

TEST_CASE("a relay that is redirected leaves connections where they are") {
  const relayed_server former;
  const relayed_server next;
  relay between{{former.relay_path}, {former.server_path}};
  const auto old_client = former.connect();
  const auto old_server = former.accept();
  between.redirect({next.server_path});
  const auto new_client = former.connect();
  const auto new_server = next.accept();
  say(old_client, "old");
  CHECK(hear(old_server) == "old");
  say(new_client, "new");
  CHECK(hear(new_server) == "new");
}

TEST_CASE("a relay between ports passes on what both sides say") {
  const relayed_server both;
  relay between{{}, {both.server_path}};
  const auto client = connect_to(between.port());
  const auto server = both.accept();
  say(client, "question");
  CHECK(hear(server) == "question");
  say(server, "answer");
  CHECK(hear(client) == "answer");
}

TEST_CASE("a relay that knows its clients cuts one of them off, and holds what another one says") {
  const relayed_server both;
  std::map<std::uint16_t, std::size_t> numbers;
  const relay::identify_client identify = [&](std::uint16_t port) -> std::optional<std::size_t> {
    const auto found = numbers.find(port);
    return found == numbers.end() ? std::nullopt : std::optional{found->second};
  };
  relay between{{}, {both.server_path}, identify};
  std::array<file_descriptor, 4> clients;
  std::array<file_descriptor, 4> servers;
  for (std::size_t number = 0; number < clients.size(); ++number) {
    clients[number] = connect_to(between.port());
    servers[number] = both.accept();
    if (number != 0)
      numbers.emplace(port_of(clients[number]), number);
  }
  between.impair(impairment::cut, 1);
  between.impair(impairment::hold_to_server, 2);
  CHECK(hear(clients[1]).empty());
  CHECK(hear(servers[1]).empty());
  say(clients[2], "late");
  // Of the third one nothing was asked, and who the first one is nobody knows.
  for (const auto number : {0U, 3U}) {
    say(clients[number], "question");
    CHECK(hear(servers[number]) == "question");
  }
  CHECK_FALSE(has_heard_something(servers[2]));
  between.impair(impairment::none, 2);
  CHECK(hear(servers[2]) == "late");
}

TEST_CASE(
    "what is cut is cut whoever the client is, and what is held looks the other way from there") {
  const relayed_server both;
  relay between{
      {}, {both.server_path}, [](std::uint16_t) { return std::optional{std::size_t{1}}; }};
  between.impair(impairment::hold_both, 1);
  const auto client = connect_to(between.port());
  const auto server = both.accept();
  between.impair(impairment::cut);
  CHECK(hear(client).empty());
  CHECK(mirrored(impairment::hold_to_server) == impairment::hold_to_client);
  CHECK(mirrored(impairment::hold_to_client) == impairment::hold_to_server);
  CHECK(mirrored(impairment::hold_both) == impairment::hold_both);
  CHECK(mirrored(impairment::cut) == impairment::cut);
}

TEST_CASE("whose a connection is can be told by the port that it comes from") {
  const relayed_server both;
  relay between{{}, {both.server_path}};
  const auto client = connect_to(between.port());
  const auto socket = chaos::connected_socket(port_of(client));
  REQUIRE(socket.has_value());
  CHECK(chaos::has_socket(::getpid(), *socket));
  CHECK_FALSE(chaos::has_socket(::getppid(), *socket));
  CHECK_FALSE(chaos::connected_socket(1).has_value());
}
