#include "chaos/relay.hpp"

#include <fcntl.h>
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

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

delivery::file_descriptor make_socket(int flags) {
  return delivery::file_descriptor{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)};
}

}  // namespace

relay::relay(const std::filesystem::path& listens_at, std::filesystem::path server)
    : listens_at_{listens_at}, server_{std::move(server)}, listener_{make_socket(SOCK_NONBLOCK)} {
  const auto address = address_of(listens_at_);
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), backlog) != 0)
    throw std::system_error(errno, std::generic_category(), listens_at_.string());
  thread_ = std::thread([this] { run(); });
}

relay::~relay() {
  stopping_ = true;
  thread_.join();
  std::error_code ignored;
  std::filesystem::remove(listens_at_, ignored);
}

void relay::delay(std::chrono::milliseconds by) {
  delay_ms_ = by.count();
}

void relay::run() {
  while (!stopping_) {
    std::vector<pollfd> watched{{.fd = listener_.get(), .events = POLLIN, .revents = 0}};
    const auto now = std::chrono::steady_clock::now();
    const auto wants = [&](const channel& in, const channel& out) {
      const bool reads = !in.ended && in.waiting.size() < chunks_max;
      const bool writes = !out.waiting.empty() && out.waiting.front().due <= now;
      return static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
    };
    for (const auto& each : connections_) {
      watched.push_back({each.client.get(), wants(each.to_server, each.to_client), 0});
      watched.push_back({each.server.get(), wants(each.to_client, each.to_server), 0});
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

void relay::accept_one() {
  connection made{.client = delivery::file_descriptor{::accept4(listener_.get(), nullptr, nullptr,
                                                                SOCK_CLOEXEC | SOCK_NONBLOCK)},
                  .server = make_socket(0),
                  .to_server = {},
                  .to_client = {}};
  const auto address = address_of(server_);
  const bool connected = ::connect(made.server.get(), reinterpret_cast<const sockaddr*>(&address),
                                   sizeof address) == 0;
  // The client, whose connection ends here, sees a server that is not there.
  if (!made.client.valid() || !connected)
    return;
  ::fcntl(made.server.get(), F_SETFL, O_NONBLOCK);
  connections_.push_back(std::move(made));
}

bool relay::serve(connection& pair, short client_events, short server_events) {
  constexpr short readable = POLLIN | POLLHUP | POLLERR;
  const auto now = std::chrono::steady_clock::now();
  const auto delayed = now + std::chrono::milliseconds{delay_ms_};
  if ((client_events & readable) != 0 && !read(pair.client.get(), pair.to_server, now))
    return false;
  if ((server_events & readable) != 0 && !read(pair.server.get(), pair.to_client, delayed))
    pair.to_client.ended = true;
  if (!write(pair.server.get(), pair.to_server) || !write(pair.client.get(), pair.to_client))
    return false;
  // What the server said last is passed on before its end is.
  return !pair.to_client.ended || !pair.to_client.waiting.empty();
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
