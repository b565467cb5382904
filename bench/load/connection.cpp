#include "bench/load/connection.hpp"

#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>

namespace talaria::load {

namespace {

constexpr std::size_t read_bytes = 16 * 1024;

bool connect_started(int socket, const target& where) {
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&where.address),
                   where.address_bytes) == 0 ||
         errno == EINPROGRESS;
}

int pending_error(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

bool connection::open(const target& where, int epoll) {
  delivery::file_descriptor made{
      ::socket(where.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
  const int on = 1;
  if (!made.valid() || setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      !connect_started(made.get(), where))
    return false;
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  wanted.data.ptr = this;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, made.get(), &wanted) != 0)
    return false;
  socket_ = std::move(made);
  state_ = state::connecting;
  under_way_ = false;
  return true;
}

void connection::close() {
  socket_ = delivery::file_descriptor{};
  reader_.reset();
  state_ = state::closed;
}

connection::change connection::lose() {
  close();
  return change::lost;
}

connection::change connection::send(std::chrono::steady_clock::time_point due) {
  due_ = due;
  written_ = 0;
  state_ = state::busy;
  under_way_ = true;
  return write();
}

connection::change connection::on_event(std::uint32_t epoll_events) {
  if (state_ == state::closed)
    return change::none;
  if (state_ == state::connecting) {
    if (pending_error(socket_.get()) != 0)
      return lose();
    if ((epoll_events & EPOLLOUT) == 0)
      return change::none;
    state_ = state::idle;
    return change::connected;
  }
  if (state_ == state::busy && (epoll_events & EPOLLOUT) != 0 && write() == change::lost)
    return change::lost;
  if ((epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
    return read();
  return change::none;
}

connection::change connection::write() {
  while (written_ < request_.size()) {
    const auto count =
        ::send(socket_.get(), request_.data() + written_, request_.size() - written_, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno == EAGAIN ? change::none : lose();
    written_ += static_cast<std::size_t>(count);
  }
  return change::none;
}

connection::change connection::read() {
  std::array<char, read_bytes> buffer;
  while (true) {
    const auto count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0 && errno == EAGAIN)
      return change::none;
    if (count <= 0 || state_ != state::busy)
      return lose();
    const std::string_view bytes{buffer.data(), static_cast<std::size_t>(count)};
    switch (reader_.feed(bytes)) {
      case response_reader::state::incomplete:
        continue;
      case response_reader::state::malformed:
        return lose();
      case response_reader::state::complete:
        ever_answered_ = true;
        under_way_ = false;
        state_ = state::idle;
        return change::answered;
    }
  }
}

}  // namespace talaria::load
