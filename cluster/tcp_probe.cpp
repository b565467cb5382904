#include "cluster/tcp_probe.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace talaria::cluster {

namespace {

using clock = std::chrono::steady_clock;
using addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

domain::result<addresses> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0)
    return domain::fail(domain::ec::not_found, fmt::format("{}: {}", host, gai_strerror(code)));
  return addresses{found, &freeaddrinfo};
}

std::string number_of(const addrinfo& address) {
  std::array<char, NI_MAXHOST> text{};
  getnameinfo(address.ai_addr, address.ai_addrlen, text.data(), text.size(), nullptr, 0,
              NI_NUMERICHOST);
  return text.data();
}

std::string text_of(int code) {
  return std::generic_category().message(code);
}

}  // namespace

/// One host, whose addresses are tried one after the other.
class tcp_probe::attempt {
public:
  attempt(wanted asked, addresses found, clock::time_point until)
      : asked_(std::move(asked)), found_(std::move(found)), next_(found_.get()), until_(until) {
    connect_next();
  }
  attempt(const attempt&) = delete;
  attempt& operator=(const attempt&) = delete;
  ~attempt() { close_socket(); }

  int socket() const { return socket_; }
  clock::time_point until() const { return until_; }

  /// @returns whether it has ended, and its handler was called.
  bool proceed(bool is_ready, clock::time_point now) {
    if (is_ready)
      judge();
    if (!outcome_ && now >= until_)
      fail(ETIMEDOUT);
    if (!outcome_)
      return false;
    asked_.done(*std::move(outcome_));
    return true;
  }

private:
  void judge() {
    int code = 0;
    socklen_t size = sizeof code;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &code, &size);
    if (code == 0) {
      outcome_ = number_of(*current_);
      return;
    }
    last_code_ = code;
    connect_next();
  }

  void connect_next() {
    while (!outcome_) {
      close_socket();
      if (next_ == nullptr)
        return fail(last_code_);
      current_ = std::exchange(next_, next_->ai_next);
      socket_ = ::socket(current_->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (socket_ < 0)
        last_code_ = errno;
      else if (::connect(socket_, current_->ai_addr, current_->ai_addrlen) == 0)
        outcome_ = number_of(*current_);
      else if (errno == EINPROGRESS)
        return;
      else
        last_code_ = errno;
    }
  }

  void fail(int code) {
    outcome_ = domain::fail(domain::ec::not_found,
                            fmt::format("{}:{}: {}", asked_.host, asked_.port, text_of(code)));
  }

  void close_socket() {
    if (socket_ >= 0)
      ::close(std::exchange(socket_, -1));
  }

  wanted asked_;
  addresses found_;
  const addrinfo* next_;
  const addrinfo* current_ = nullptr;
  clock::time_point until_;
  int socket_ = -1;
  int last_code_ = ENXIO;
  std::optional<domain::result<std::string>> outcome_;
};

tcp_probe::tcp_probe(std::chrono::milliseconds timeout)
    : timeout_(timeout), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_ < 0)
    throw std::system_error(errno, std::generic_category(), "eventfd");
  thread_ = std::thread{[this] { run(); }};
}

tcp_probe::~tcp_probe() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  eventfd_write(wake_, 1);
  thread_.join();
  ::close(wake_);
}

void tcp_probe::begin(std::string host, std::uint16_t port, handler done) {
  {
    const std::lock_guard lock{mutex_};
    wanted_.push_back({std::move(host), port, std::move(done)});
  }
  eventfd_write(wake_, 1);
}

std::vector<tcp_probe::wanted> tcp_probe::take_wanted() {
  const std::lock_guard lock{mutex_};
  return std::exchange(wanted_, {});
}

void tcp_probe::run() {
  // Signals are the main thread's.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "cluster_probe");
  std::list<attempt> attempts;
  while (true) {
    {
      const std::lock_guard lock{mutex_};
      if (stopping_)
        return;
    }
    for (auto& asked : take_wanted()) {
      auto found = resolve(asked.host, asked.port);
      if (found)
        attempts.emplace_back(std::move(asked), *std::move(found), clock::now() + timeout_);
      else
        asked.done(tl::unexpected(found.error()));
    }
    wait(attempts);
  }
}

void tcp_probe::wait(std::list<attempt>& attempts) const {
  std::vector<pollfd> polled{{.fd = wake_, .events = POLLIN, .revents = 0}};
  auto until = clock::time_point::max();
  for (const auto& one : attempts) {
    polled.push_back({.fd = one.socket(), .events = POLLOUT, .revents = 0});
    // Without a socket its outcome is known.
    until = one.socket() < 0 ? clock::time_point::min() : std::min(until, one.until());
  }
  const auto now = clock::now();
  int patience_ms = -1;
  if (until <= now)
    patience_ms = 0;
  else if (until != clock::time_point::max())
    patience_ms =
        static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(until - now).count());
  ::poll(polled.data(), polled.size(), patience_ms);
  eventfd_t ignored = 0;
  eventfd_read(wake_, &ignored);
  std::size_t place = 1;
  for (auto at = attempts.begin(); at != attempts.end(); ++place) {
    const bool is_ready = polled.at(place).revents != 0;
    at = at->proceed(is_ready, clock::now()) ? attempts.erase(at) : std::next(at);
  }
}

}  // namespace talaria::cluster
