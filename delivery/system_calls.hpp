#pragma once

#include "delivery/file_descriptor.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

/// System calls of those who serve many sockets. What they cannot do without is an exception where
/// it fails; what becomes of a connection is not.
namespace talaria::delivery {

/// @throws std::system_error: why the last system call failed.
[[noreturn]] inline void throw_last_error(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// @param number A descriptor as a system call returned it.
inline file_descriptor checked(int number, const char* what) {
  if (number < 0)
    throw_last_error(what);
  return file_descriptor{number};
}

/// @param data What the events bring along.
inline void watch(int epoll, int descriptor, std::uint32_t events, epoll_data_t data) {
  epoll_event wanted{.events = events, .data = data};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &wanted) != 0)
    throw_last_error("epoll_ctl");
}

/// The events bring the descriptor along.
inline void watch(int epoll, int descriptor, std::uint32_t events) {
  watch(epoll, descriptor, events, epoll_data_t{.fd = descriptor});
}

struct loopback_listener {
  /// Does not block.
  file_descriptor socket;
  std::uint16_t port = 0;
};

/// Listens on a free port.
///
/// @param host From 0: 127.0.0.1 and the addresses after it.
inline loopback_listener listen_on_loopback(int backlog, std::uint32_t host = 0) {
  auto socket = checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), generic, size) != 0 || ::listen(socket.get(), backlog) != 0 ||
      ::getsockname(socket.get(), generic, &size) != 0)
    throw_last_error("listen");
  return {std::move(socket), ntohs(address.sin_port)};
}

/// @returns a connection that does not block, and sends at once what it is given; none if nobody
/// waits for one.
inline file_descriptor accept_one(int listener) {
  file_descriptor made{::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (made.valid()) {
    const int on = 1;
    setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return made;
}

/// Sends from the front as much as the connection takes now.
///
/// @returns false if it has ended.
inline bool send_from(int socket, std::string& unsent) {
  while (!unsent.empty()) {
    const auto count = ::send(socket, unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno == EAGAIN;
    unsent.erase(0, static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace talaria::delivery
