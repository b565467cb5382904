#include "bench/receiver/sink.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace talaria::bench {

namespace {

constexpr int backlog = 4096;
constexpr std::size_t events_at_once = 256;
constexpr std::size_t read_bytes = 64 * 1024;

}  // namespace

sink::sink(std::string answer, observer observe, std::size_t hosts,
           std::chrono::milliseconds answers_after)
    : answer_(std::move(answer)),
      observe_(std::move(observe)),
      answers_after_(answers_after),
      epoll_(delivery::checked(epoll_create1(EPOLL_CLOEXEC), "epoll")),
      stop_(delivery::checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  for (std::size_t host = 0; host < hosts; ++host) {
    listeners_.push_back(delivery::listen_on_loopback(backlog, static_cast<std::uint32_t>(host)));
    delivery::watch(epoll_.get(), listeners_.back().socket.get(), EPOLLIN);
  }
  delivery::watch(epoll_.get(), stop_.get(), EPOLLIN);
  thread_ = std::thread([this] { run(); });
}

sink::~sink() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

const sink::listener* sink::find_listener(int descriptor) const {
  const auto found = std::ranges::find(
      listeners_, descriptor, [](const listener& candidate) { return candidate.socket.get(); });
  return found == listeners_.end() ? nullptr : &*found;
}

std::string sink::url(std::size_t host) const {
  return fmt::format("http://127.0.0.{}:{}", host + 1, listeners_.at(host).port);
}

std::chrono::nanoseconds sink::cpu_time() const {
  clockid_t clock{};
  timespec spent{};
  // native_handle() is not const, though it changes nothing.
  auto& thread = const_cast<std::thread&>(thread_);
  if (pthread_getcpuclockid(thread.native_handle(), &clock) != 0 ||
      clock_gettime(clock, &spent) != 0)
    delivery::throw_last_error("thread clock");
  return std::chrono::seconds{spent.tv_sec} + std::chrono::nanoseconds{spent.tv_nsec};
}

void sink::run() {
  std::array<epoll_event, events_at_once> events;
  while (true) {
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 milliseconds_to_next_answer());
    for (int index = 0; index < count; ++index) {
      const auto& event = events[static_cast<std::size_t>(index)];
      if (event.data.fd == stop_.get())
        return;
      if (const auto found = connections_.find(event.data.fd); found != connections_.end())
        serve(*found->second, event.events);
      else if (const auto* listener = find_listener(event.data.fd); listener != nullptr)
        accept_all(*listener);
    }
    send_due_answers();
  }
}

int sink::milliseconds_to_next_answer() const {
  if (late_answers_.empty())
    return -1;
  const auto left = late_answers_.front().due - std::chrono::steady_clock::now();
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::max<std::int64_t>(milliseconds, 0));
}

void sink::send_due_answers() {
  const auto now = std::chrono::steady_clock::now();
  while (!late_answers_.empty() && late_answers_.front().due <= now) {
    const auto due = late_answers_.front();
    late_answers_.pop_front();
    const auto found = connections_.find(due.descriptor);
    if (found == connections_.end() || found->second->number != due.connection)
      continue;
    answer(*found->second);
    if (!write(*found->second))
      connections_.erase(found);
  }
}

void sink::answer(connection& client) {
  client.unsent += answer_;
  answered_.fetch_add(1, std::memory_order_relaxed);
}

void sink::accept_all(const listener& from) {
  while (true) {
    auto socket = delivery::accept_one(from.socket.get());
    if (!socket.valid())
      return;
    const int number = socket.get();
    auto& client = connections_[number];
    client = std::make_unique<connection>();
    client->socket = std::move(socket);
    client->number = ++connections_made_;
    delivery::watch(epoll_.get(), number, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  }
}

void sink::serve(connection& client, std::uint32_t epoll_events) {
  const bool ends = (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  const bool readable = ends || (epoll_events & EPOLLIN) != 0;
  const bool alive = (!readable || read(client)) && write(client);
  if (!alive || ends)
    connections_.erase(client.socket.get());
}

bool sink::read(connection& client) {
  static thread_local std::array<char, read_bytes> buffer;
  const auto take = [&](const received_request& request) {
    if (observe_)
      observe_(request);
    if (answers_after_.count() == 0)
      answer(client);
    else
      late_answers_.push_back(
          {std::chrono::steady_clock::now() + answers_after_, client.socket.get(), client.number});
  };
  while (true) {
    const auto count = ::recv(client.socket.get(), buffer.data(), buffer.size(), 0);
    if (count < 0)
      return errno == EAGAIN || errno == EINTR;
    if (count == 0)
      return false;
    const auto bytes = static_cast<std::size_t>(count);
    if (!client.requests.feed({buffer.data(), bytes}, take))
      return false;
    // The socket is empty: whatever comes next is a new edge.
    if (bytes < buffer.size())
      return true;
  }
}

bool sink::write(connection& client) {
  return delivery::send_from(client.socket.get(), client.unsent);
}

std::string make_answer(unsigned status, const std::string& body) {
  // A 204 must not say how long the body that it cannot have is.
  if (status == 204)
    return "HTTP/1.1 204 No Content\r\n\r\n";
  return fmt::format(
      "HTTP/1.1 {} Accepted\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      status, body.size(), body);
}

}  // namespace talaria::bench
