#include "tests/support/tunnel_proxy.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace talaria::test_support {

namespace {

constexpr std::string_view established = "HTTP/1.1 200 Connection established\r\n\r\n";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(std::uint16_t port) {
  const sockaddr_in address = loopback(port);
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return made;
  close(made);
  return -1;
}

bool send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// @returns false if `from` has ended or `to` takes no more.
bool pass_on(int from, int to) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t count = recv(from, buffer.data(), buffer.size(), 0);
  return count > 0 && send_all(to, {buffer.data(), static_cast<std::size_t>(count)});
}

}  // namespace

tunnel_proxy::tunnel_proxy(std::uint16_t leads_to)
    : leads_to_(leads_to),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_signal_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  auto* bound = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || stop_signal_ < 0 || bind(listener_, bound, length) != 0 ||
      listen(listener_, 64) != 0 || getsockname(listener_, bound, &length) != 0)
    throw std::runtime_error("the proxy cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

tunnel_proxy::~tunnel_proxy() {
  eventfd_write(stop_signal_, 1);
  thread_.join();
  close(listener_);
  close(stop_signal_);
}

std::vector<std::string> tunnel_proxy::heads() const {
  const std::scoped_lock lock(mutex_);
  return heads_;
}

void tunnel_proxy::run() {
  while (wait_for(listener_, listener_) != nobody) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0)
      return;
    serve(client);
    close(client);
  }
}

void tunnel_proxy::serve(int client) {
  if (!read_head(client) || !send_all(client, established))
    return;
  const int receiver = connect_to(leads_to_);
  if (receiver < 0)
    return;
  relay(client, receiver);
  close(receiver);
}

bool tunnel_proxy::read_head(int client) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    char byte = 0;
    if (wait_for(client, client) == nobody || recv(client, &byte, 1, 0) != 1)
      return false;
    head += byte;
  }
  const std::scoped_lock lock(mutex_);
  heads_.push_back(std::move(head));
  return true;
}

void tunnel_proxy::relay(int client, int receiver) const {
  bool open = true;
  while (open) {
    const int ready = wait_for(client, receiver);
    open = ready != nobody && pass_on(ready, ready == client ? receiver : client);
  }
}

int tunnel_proxy::wait_for(int first, int second) const {
  std::array<pollfd, 3> watched{pollfd{stop_signal_, POLLIN, 0}, pollfd{first, POLLIN, 0},
                                pollfd{second, POLLIN, 0}};
  if (poll(watched.data(), watched.size(), -1) < 0 || watched[0].revents != 0)
    return nobody;
  return watched[1].revents != 0 ? first : second;
}

}  // namespace talaria::test_support
