#include "chaos/relay.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

namespace talaria::chaos {

namespace {

constexpr int backlog = 128;
constexpr int look_interval_ms = 50;
constexpr std::size_t read_bytes = 64 * 1024;
/// More is left to whoever sends it: a slow server's words are not gathered without end.
constexpr std::size_t chunks_max = 64;

/// An end as the system's calls have it.
struct socket_address {
  explicit socket_address(const relay_end& end) {
    if (end.path.empty()) {
      auto& address = reinterpret_cast<sockaddr_in&>(storage);
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(end.port);
      size = sizeof address;
    } else {
      auto& address = reinterpret_cast<sockaddr_un&>(storage);
      address.sun_family = AF_UNIX;
      std::strncpy(address.sun_path, end.path.c_str(), sizeof address.sun_path - 1);
      size = sizeof address;
    }
  }

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_storage storage{};
  socklen_t size = 0;
};

delivery::file_descriptor make_socket(const relay_end& end, int flags) {
  const int family = end.path.empty() ? AF_INET : AF_UNIX;
  return delivery::file_descriptor{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)};
}

/// @param way One of the two.
bool holds(impairment how, impairment way) {
  return how == way || how == impairment::hold_both;
}

std::uint16_t port_of(const delivery::file_descriptor& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

impairment mirrored(impairment how) {
  switch (how) {
    case impairment::hold_to_server:
      return impairment::hold_to_client;
    case impairment::hold_to_client:
      return impairment::hold_to_server;
    default:
      return how;
  }
}

relay::relay(relay_end listens_at, relay_end server, identify_client identify)
    : listens_at_{std::move(listens_at)},
      identify_{std::move(identify)},
      server_{std::move(server)} {
  listen();
  thread_ = std::thread([this] { run(); });
}

void relay::listen() {
  auto socket = make_socket(listens_at_, SOCK_NONBLOCK);
  const socket_address address{listens_at_};
  // What was connected to it before is remembered for a while.
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), address.get(), address.size) != 0 ||
      ::listen(socket.get(), backlog) != 0)
    throw std::system_error(errno, std::generic_category(), "a relay cannot listen");
  if (listens_at_.path.empty())
    listens_at_.port = port_of(socket);
  listener_ = std::move(socket);
}

void relay::close_listener() {
  listener_ = delivery::file_descriptor{};
  std::error_code ignored;
  if (!listens_at_.path.empty())
    std::filesystem::remove(listens_at_.path, ignored);
}

/// It may be there again.
void relay::look_for_server() {
  if (listener_.valid() || !connect().valid())
    return;
  try {
    listen();
  } catch (const std::system_error&) {
    // Somebody else has the port for a moment.
  }
}

relay::~relay() {
  stopping_ = true;
  thread_.join();
  close_listener();
}

void relay::delay(std::chrono::milliseconds by) {
  delay_ms_ = by.count();
}

void relay::impair(impairment how) {
  impairment_ = how;
}

void relay::impair(impairment how, std::size_t client) {
  const std::scoped_lock lock{mutex_};
  if (how == impairment::none)
    impaired_clients_.erase(client);
  else
    impaired_clients_[client] = how;
}

impairment relay::impairment_of(connection& pair) {
  const auto of_all = impairment_.load();
  const std::scoped_lock lock{mutex_};
  if (of_all != impairment::none || impaired_clients_.empty())
    return of_all;
  identify(pair);
  const auto found =
      pair.client_number ? impaired_clients_.find(*pair.client_number) : impaired_clients_.end();
  return found == impaired_clients_.end() ? impairment::none : found->second;
}

void relay::identify(connection& pair) const {
  if (std::exchange(pair.is_identified, true) || !identify_)
    return;
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getpeername(pair.client.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
      address.sin_family == AF_INET)
    pair.client_number = identify_(ntohs(address.sin_port));
}

void relay::redirect(relay_end server) {
  const std::scoped_lock lock{mutex_};
  server_ = std::move(server);
}

void relay::run() {
  while (!stopping_) {
    connections_.remove_if(
        [this](connection& each) { return impairment_of(each) == impairment::cut; });
    look_for_server();
    std::vector<pollfd> watched{{.fd = listener_.get(), .events = POLLIN, .revents = 0}};
    const auto now = std::chrono::steady_clock::now();
    const auto watch = [&](const delivery::file_descriptor& socket, const channel& in,
                           const channel& out, bool is_held) {
      const bool reads = !in.ended && in.waiting.size() < chunks_max;
      const bool writes = !is_held && !out.waiting.empty() && out.waiting.front().due <= now;
      const auto events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
      // The end of one of which nothing is wanted would be told again and again.
      watched.push_back({.fd = events == 0 ? -1 : socket.get(),
                         .events = static_cast<short>(events),
                         .revents = 0});
    };
    for (auto& each : connections_) {
      const auto how = impairment_of(each);
      watch(each.client, each.to_server, each.to_client, holds(how, impairment::hold_to_client));
      watch(each.server, each.to_client, each.to_server, holds(how, impairment::hold_to_server));
    }
    ::poll(watched.data(), watched.size(), milliseconds_to_next());
    std::size_t index = 1;
    for (auto each = connections_.begin(); each != connections_.end(); index += 2)
      each = serve(*each, watched[index].revents, watched[index + 1].revents)
                 ? std::next(each)
                 : connections_.erase(each);
    if (watched.front().revents != 0)
      accept_one();
  }
}

/// Invalid if the server is not there.
delivery::file_descriptor relay::connect() {
  const std::scoped_lock lock{mutex_};
  auto socket = make_socket(server_, 0);
  const socket_address address{server_};
  if (::connect(socket.get(), address.get(), address.size) != 0)
    return delivery::file_descriptor{};
  ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
  return socket;
}

void relay::accept_one() {
  delivery::file_descriptor client{
      ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (impairment_ == impairment::cut || !client.valid())
    return;
  auto server = connect();
  if (!server.valid()) {
    close_listener();
    return;
  }
  connections_.push_back(
      {.client = std::move(client), .server = std::move(server), .to_server = {}, .to_client = {}});
}

bool relay::serve(connection& pair, short client_events, short server_events) {
  constexpr short readable = POLLIN | POLLHUP | POLLERR;
  const auto now = std::chrono::steady_clock::now();
  const auto delayed = now + std::chrono::milliseconds{delay_ms_};
  const auto how = impairment_of(pair);
  if ((client_events & readable) != 0 && !pair.to_server.ended &&
      !read(pair.client.get(), pair.to_server, now)) {
    pair.to_server.ended = true;
    // Nobody is there to hear it.
    pair.to_client.waiting.clear();
  }
  if ((server_events & readable) != 0 && !pair.to_client.ended &&
      !read(pair.server.get(), pair.to_client, delayed))
    pair.to_client.ended = true;
  if (!holds(how, impairment::hold_to_server) && !write(pair.server.get(), pair.to_server))
    return false;
  if (!holds(how, impairment::hold_to_client) && !pair.to_server.ended &&
      !write(pair.client.get(), pair.to_client))
    return false;
  return !pair.to_client.is_over() && !pair.to_server.is_over();
}

bool relay::read(int from, channel& into, time due) {
  std::array<char, read_bytes> buffer;
  const auto count = ::recv(from, buffer.data(), buffer.size(), 0);
  if (count < 0)
    return errno == EAGAIN || errno == EINTR;
  if (count > 0)
    into.waiting.push_back({due, {buffer.data(), static_cast<std::size_t>(count)}});
  return count > 0;
}

bool relay::write(int to, channel& from) {
  const auto now = std::chrono::steady_clock::now();
  while (!from.waiting.empty() && from.waiting.front().due <= now) {
    auto& bytes = from.waiting.front().bytes;
    const auto count = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0)
      return errno == EAGAIN || errno == EINTR;
    bytes.erase(0, static_cast<std::size_t>(count));
    if (bytes.empty())
      from.waiting.pop_front();
  }
  return true;
}

int relay::milliseconds_to_next() const {
  auto left = std::chrono::milliseconds{look_interval_ms};
  const auto now = std::chrono::steady_clock::now();
  for (const auto& each : connections_) {
    for (const auto* way : {&each.to_server, &each.to_client}) {
      if (!way->waiting.empty() && way->waiting.front().due > now)
        left = std::min(
            left, std::chrono::ceil<std::chrono::milliseconds>(way->waiting.front().due - now));
    }
  }
  return static_cast<int>(left.count());
}

}  // namespace talaria::chaos
