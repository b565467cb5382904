#include "chaos/relay.hpp"

#include "posix/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>

using namespace talaria;
using namespace std::chrono_literals;
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

  relayed_server() {
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

/// Empty at the end.
std::string hear(const file_descriptor& from) {
  std::array<char, 100> buffer;
  const auto count = ::recv(from.get(), buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

}  // namespace

TEST_CASE("a relay passes on what both sides say, and their ends") {
  const relayed_server both;
  relay between{both.relay_path, both.server_path};
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
  relay between{both.relay_path, both.server_path};
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
  relay between{both.relay_path, both.server_path};
  both.listener = file_descriptor{};
  CHECK(hear(both.connect()).empty());
}
