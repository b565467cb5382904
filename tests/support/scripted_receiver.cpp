#include "tests/support/scripted_receiver.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace talaria::test_support {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;
constexpr int drip_interval_ms = 5;
constexpr std::string_view end_of_line = "\r\n";
constexpr std::string_view end_of_headers = "\r\n\r\n";
constexpr char tls_handshake = 0x16;

void require(bool succeeded, const char* what) {
  if (!succeeded)
    throw std::runtime_error(fmt::format("the scripted receiver cannot {}: errno {}", what, errno));
}

std::size_t content_length(const received_request& request) {
  const auto value = request.header("content-length");
  return value ? std::strtoull(value->c_str(), nullptr, 10) : 0;
}

received_request parse_head(std::string_view head) {
  received_request request;
  const std::string_view first = head.substr(0, head.find(end_of_line));
  const auto after_method = std::min(first.find(' '), first.size());
  request.method = first.substr(0, after_method);
  const std::string_view rest = first.substr(std::min(after_method + 1, first.size()));
  request.target = rest.substr(0, rest.find(' '));
  head.remove_prefix(std::min(first.size() + end_of_line.size(), head.size()));
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find(end_of_line));
    request.headers.emplace_back(line);
    head.remove_prefix(std::min(line.size() + end_of_line.size(), head.size()));
  }
  return request;
}

}  // namespace

std::optional<std::string> received_request::header(std::string_view name) const {
  for (const std::string& line : headers) {
    const auto colon = line.find(':');
    if (colon == name.size() && strncasecmp(line.data(), name.data(), colon) == 0)
      return line.substr(std::min(line.find_first_not_of(' ', colon + 1), line.size()));
  }
  return std::nullopt;
}

script answer(int status, std::string_view body, const std::vector<std::string>& headers) {
  std::string bytes =
      fmt::format("HTTP/1.1 {} Scripted\r\nContent-Length: {}\r\n", status, body.size());
  for (const std::string& line : headers)
    bytes += line + "\r\n";
  bytes += "\r\n";
  bytes += body;
  return send(std::move(bytes), script::ending::keep_alive);
}

script send(std::string bytes, script::ending end, std::string more) {
  script made;
  made.bytes = std::move(bytes);
  made.end = end;
  made.more = std::move(more);
  return made;
}

struct scripted_receiver::connection {
  /// In `draining` the rest of a body that was answered early is read.
  enum class phase { head, body, answering, draining, hanging };

  int socket = -1;
  std::size_t number = 0;
  std::size_t requests = 0;
  phase now = phase::head;
  std::string received;
  received_request request;
  /// Of the request's body.
  std::size_t bytes_awaited = 0;
  script following;
  std::string unsent;
  std::size_t drip_position = 0;
  bool dripping = false;
  bool watched_writable = false;
};

scripted_receiver::scripted_receiver(script always)
    : scripted_receiver([always = std::move(always)](const received_request&) { return always; }) {
}

scripted_receiver::scripted_receiver(chooser choose, const std::string& host)
    : choose_(std::move(choose)) {
  listen_on(host);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  stop_signal_ = eventfd(0, EFD_CLOEXEC);
  require(epoll_ >= 0 && stop_signal_ >= 0, "make its descriptors");
  for (const int watched : {listener_, stop_signal_}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = watched;
    require(epoll_ctl(epoll_, EPOLL_CTL_ADD, watched, &event) == 0, "watch");
  }
  thread_ = std::thread([this] { run(); });
}

scripted_receiver::~scripted_receiver() {
  eventfd_write(stop_signal_, 1);
  thread_.join();
  for (const auto& [socket, peer] : connections_)
    close(socket);
  for (const int descriptor : {listener_, stop_signal_, epoll_})
    close(descriptor);
}

std::string scripted_receiver::url(std::string_view path, std::string_view host) const {
  return fmt::format("http://{}:{}{}", host, port_, path);
}

void scripted_receiver::listen_on(const std::string& host) {
  const bool v6 = host.find(':') != std::string::npos;
  sockaddr_storage address{};
  socklen_t length = v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  address.ss_family = v6 ? AF_INET6 : AF_INET;
  void* where = v6 ? static_cast<void*>(&reinterpret_cast<sockaddr_in6&>(address).sin6_addr)
                   : static_cast<void*>(&reinterpret_cast<sockaddr_in&>(address).sin_addr);
  require(inet_pton(address.ss_family, host.c_str(), where) == 1, "read its address");
  listener_ = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  auto* bound = reinterpret_cast<sockaddr*>(&address);
  require(listener_ >= 0 && bind(listener_, bound, length) == 0 && listen(listener_, 4096) == 0,
          "listen");
  require(getsockname(listener_, bound, &length) == 0, "learn its port");
  // The port lies at the same place in both families.
  port_ = ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
}

bool scripted_receiver::wait_for_requests(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return request_count_ >= count; });
}

bool scripted_receiver::wait_for_closed_connections(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return closed_ >= count; });
}

std::vector<received_request> scripted_receiver::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

std::size_t scripted_receiver::request_count() const {
  const std::scoped_lock lock(mutex_);
  return request_count_;
}

std::size_t scripted_receiver::connection_count() const {
  const std::scoped_lock lock(mutex_);
  return accepted_;
}

std::uint64_t scripted_receiver::bytes_sent() const {
  const std::scoped_lock lock(mutex_);
  return bytes_sent_;
}

void scripted_receiver::run() {
  std::array<epoll_event, 256> events;
  while (true) {
    const int wait_ms = dripping_ > 0 ? drip_interval_ms : -1;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
    for (int index = 0; index < count; ++index) {
      const epoll_event& event = events[static_cast<std::size_t>(index)];
      if (event.data.fd == stop_signal_)
        return;
      if (event.data.fd == listener_)
        accept_connections();
      else if (const auto found = connections_.find(event.data.fd); found != connections_.end())
        serve(*found->second, event.events);
    }
    if (dripping_ > 0)
      drip();
  }
}

void scripted_receiver::accept_connections() {
  while (true) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0)
      return;
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto peer = std::make_unique<connection>();
    peer->socket = socket;
    {
      const std::scoped_lock lock(mutex_);
      peer->number = accepted_++;
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
    connections_.emplace(socket, std::move(peer));
  }
}

void scripted_receiver::serve(connection& peer, std::uint32_t events) {
  const int socket = peer.socket;
  if ((events & EPOLLRDHUP) != 0) {
    close_connection(peer, false);
    return;
  }
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
    read_from(peer);
  // Reading may have closed it.
  if ((events & EPOLLOUT) != 0 && connections_.contains(socket))
    write_to(peer);
}

void scripted_receiver::read_from(connection& peer) {
  std::array<char, 64 * 1024> buffer;
  const ssize_t count = recv(peer.socket, buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (count <= 0) {
    close_connection(peer, false);
    return;
  }
  if (peer.now == connection::phase::hanging)
    return;
  peer.received.append(buffer.data(), static_cast<std::size_t>(count));
  take_request_bytes(peer);
}

void scripted_receiver::take_request_bytes(connection& peer) {
  if (peer.now == connection::phase::draining) {
    const auto count = std::min(peer.bytes_awaited, peer.received.size());
    peer.received.erase(0, count);
    peer.bytes_awaited -= count;
    if (peer.bytes_awaited > 0)
      return;
    peer.now = connection::phase::head;
  }
  if (peer.now == connection::phase::head) {
    if (!take_head(peer))
      return;
    peer.following = choose_(peer.request);
    peer.now = connection::phase::body;
    if (peer.following.begin == script::moment::headers_read) {
      begin_script(peer);
      return;
    }
  }
  if (peer.now == connection::phase::body && peer.received.size() >= peer.bytes_awaited) {
    peer.request.body = peer.received.substr(0, peer.bytes_awaited);
    peer.received.erase(0, peer.bytes_awaited);
    peer.bytes_awaited = 0;
    begin_script(peer);
  }
}

bool scripted_receiver::take_head(connection& peer) {
  if (peer.received.starts_with(tls_handshake)) {
    peer.request.method = "TLS";
    peer.received.clear();
  } else {
    const auto end = peer.received.find(end_of_headers);
    if (end == std::string::npos)
      return false;
    peer.request = parse_head(std::string_view(peer.received).substr(0, end));
    peer.received.erase(0, end + end_of_headers.size());
  }
  peer.request.connection = peer.number;
  peer.request.on_connection = peer.requests++;
  peer.bytes_awaited = content_length(peer.request);
  return true;
}

void scripted_receiver::begin_script(connection& peer) {
  {
    const std::scoped_lock lock(mutex_);
    ++request_count_;
    if (requests_.size() < requests_kept_max)
      requests_.push_back(std::move(peer.request));
  }
  changed_.notify_all();
  peer.request = {};
  peer.now = connection::phase::answering;
  peer.unsent = peer.following.bytes;
  write_to(peer);
}

void scripted_receiver::write_to(connection& peer) {
  // Bounded, so that one connection that takes everything does not keep the thread to itself.
  for (int turns = 0; !peer.unsent.empty() && turns < 16; ++turns) {
    const ssize_t count = ::send(peer.socket, peer.unsent.data(), peer.unsent.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno != EAGAIN) {
        close_connection(peer, false);
        return;
      }
      break;
    }
    peer.unsent.erase(0, static_cast<std::size_t>(count));
    {
      const std::scoped_lock lock(mutex_);
      bytes_sent_ += static_cast<std::uint64_t>(count);
    }
    if (peer.unsent.empty() && peer.following.end == script::ending::repeat)
      peer.unsent = peer.following.more;
  }
  watch_for(peer, !peer.unsent.empty());
  if (peer.unsent.empty())
    follow_ending(peer);
}

void scripted_receiver::follow_ending(connection& peer) {
  switch (peer.following.end) {
    case script::ending::keep_alive:
      peer.now = connection::phase::draining;
      take_request_bytes(peer);
      break;
    case script::ending::close:
      close_connection(peer, false);
      break;
    case script::ending::reset:
      close_connection(peer, true);
      break;
    case script::ending::hang:
      peer.now = connection::phase::hanging;
      break;
    case script::ending::stall:
      set_events(peer, EPOLLRDHUP);
      break;
    case script::ending::repeat:
      peer.unsent = peer.following.more;
      watch_for(peer, true);
      break;
    case script::ending::drip:
      peer.now = connection::phase::hanging;
      dripping_ += peer.dripping ? 0 : 1;
      peer.dripping = true;
      break;
  }
}

void scripted_receiver::drip() {
  std::vector<connection*> dripping;
  for (const auto& [socket, peer] : connections_)
    if (peer->dripping)
      dripping.push_back(peer.get());
  for (connection* peer : dripping) {
    const std::string& drops = peer->following.more;
    if (peer->unsent.empty())
      peer->unsent = drops[peer->drip_position++ % drops.size()];
    write_to(*peer);
  }
}

void scripted_receiver::close_connection(connection& peer, bool with_reset) {
  if (with_reset) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(peer.socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  dripping_ -= peer.dripping ? 1 : 0;
  close(peer.socket);
  connections_.erase(peer.socket);
  {
    const std::scoped_lock lock(mutex_);
    ++closed_;
  }
  changed_.notify_all();
}

void scripted_receiver::watch_for(connection& peer, bool writable) const {
  if (writable == peer.watched_writable)
    return;
  peer.watched_writable = writable;
  set_events(peer, writable ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void scripted_receiver::set_events(const connection& peer, std::uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = peer.socket;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, peer.socket, &event);
}

}  // namespace talaria::test_support
