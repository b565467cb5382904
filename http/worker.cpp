#include "http/worker.hpp"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace talaria::http {
namespace {

/// The mailbox's id among the epoll events; connections count from 1.
constexpr std::uint64_t mailbox_id = 0;
constexpr int events_per_wait = 256;

int checked(int descriptor, const char* what) {
  if (descriptor < 0) {
    throw std::system_error(errno, std::system_category(), what);
  }
  return descriptor;
}

/// Deadlines are kept to a quarter of the shortest, and looked at once a second at the most.
std::chrono::milliseconds scan_interval_for(const transport_limits& limits) {
  using namespace std::chrono_literals;
  const auto shortest = std::min({limits.head_deadline, limits.body_pause_max, limits.idle_deadline,
                                  limits.write_deadline, limits.linger_deadline});
  return std::clamp<std::chrono::milliseconds>(shortest / 4, 5ms, 1000ms);
}

}  // namespace

/// Outlives its worker where an answer comes late, and then takes it without effect.
class worker::mailbox final : public answer_sink {
public:
  struct late_answer {
    exchange_ticket ticket;
    http::response answer;
  };
  struct batch {
    std::vector<accepted_client> clients;
    std::vector<late_answer> answers;
    /// Connections whose streamed answer goes on.
    std::vector<std::uint64_t> streaming;

    bool empty() const { return clients.empty() && answers.empty() && streaming.empty(); }
  };

  mailbox() : event_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {}
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;
  ~mailbox() override { ::close(event_); }

  int event() const { return event_; }

  void post(exchange_ticket ticket, response answer) override {
    const std::scoped_lock lock(mutex_);
    if (!closed_) {
      waiting_.answers.push_back({std::move(ticket), std::move(answer)});
      wake();
    }
  }

  void post_more(std::uint64_t connection) override {
    const std::scoped_lock lock(mutex_);
    if (!closed_) {
      waiting_.streaming.push_back(connection);
      wake();
    }
  }

  void post_client(accepted_client client) {
    const std::scoped_lock lock(mutex_);
    if (!closed_) {
      waiting_.clients.push_back(std::move(client));
      wake();
    }
  }

  void nudge() {
    const std::scoped_lock lock(mutex_);
    wake();
  }

  /// The worker is about to wait. @returns false if there is mail.
  bool fall_asleep() {
    const std::scoped_lock lock(mutex_);
    asleep_ = waiting_.empty();
    return asleep_;
  }

  /// @param mail An empty batch, whose memory is used again.
  void take(batch& mail) {
    const std::scoped_lock lock(mutex_);
    asleep_ = false;
    std::swap(mail, waiting_);
  }

  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    waiting_.answers.clear();
    waiting_.clients.clear();
    waiting_.streaming.clear();
  }

private:
  /// One wake-up for all mail that gathers until the worker looks.
  void wake() {
    if (asleep_) {
      asleep_ = false;
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof one);
    }
  }

  const int event_;
  std::mutex mutex_;
  batch waiting_;
  bool asleep_ = false;
  bool closed_ = false;
};

worker::worker(connection_context shared)
    : scan_interval_(scan_interval_for(shared.limits)),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      mailbox_(std::make_shared<mailbox>()),
      context_(std::move(shared)) {
  context_.sink = mailbox_;
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLET;
  wanted.data.u64 = mailbox_id;
  checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, mailbox_->event(), &wanted), "epoll_ctl");
  thread_ = std::thread([this] { run(); });
}

worker::~worker() {
  stop();
  ::close(epoll_);
}

void worker::adopt(accepted_client client) {
  connections_count_.fetch_add(1);
  mailbox_->post_client(std::move(client));
}

void worker::drain() {
  mailbox_->nudge();
}

void worker::stop() {
  if (thread_.joinable()) {
    stopping_.store(true);
    mailbox_->nudge();
    thread_.join();
    mailbox_->close();
    connections_.clear();
    connections_count_.store(0);
  }
}

void worker::run() {
  next_scan_ = std::chrono::steady_clock::now() + scan_interval_;
  while (!stopping_.load(std::memory_order_relaxed)) {
    wait_for_events();
    const steady_time now = std::chrono::steady_clock::now();
    handle_mail(now);
    if (now >= next_scan_ || (context_.draining.load(std::memory_order_relaxed) && !drained_)) {
      look_after_all(now);
      next_scan_ = now + scan_interval_;
    }
  }
}

void worker::wait_for_events() {
  std::array<epoll_event, events_per_wait> events{};
  const int timeout_ms = mailbox_->fall_asleep() ? static_cast<int>(scan_interval_.count()) : 0;
  const int count = ::epoll_wait(epoll_, events.data(), events_per_wait, timeout_ms);
  const steady_time now = std::chrono::steady_clock::now();
  for (int index = 0; index < count; ++index) {
    const epoll_event& event = events[static_cast<std::size_t>(index)];
    const auto found = connections_.find(event.data.u64);
    if (found == connections_.end()) {
      continue;  // the mailbox, or a connection that ended in this round
    }
    connection& connection = *found->second;
    if ((event.events & (EPOLLHUP | EPOLLERR)) != 0) {
      connection.on_hang_up();
    }
    if ((event.events & EPOLLOUT) != 0) {
      connection.on_writable(now);
    }
    if ((event.events & (EPOLLIN | EPOLLRDHUP)) != 0) {
      connection.on_readable((event.events & EPOLLRDHUP) != 0, now);
    }
    settle(found->first);
  }
}

void worker::handle_mail(steady_time now) {
  thread_local mailbox::batch mail;
  mailbox_->take(mail);
  for (accepted_client& client : mail.clients) {
    open(std::move(client), now);
  }
  for (auto& [ticket, answer] : mail.answers) {
    if (const auto found = connections_.find(ticket.connection); found != connections_.end()) {
      found->second->on_answer(ticket, std::move(answer), now);
      settle(ticket.connection);
    }
  }
  for (const std::uint64_t id : mail.streaming) {
    if (const auto found = connections_.find(id); found != connections_.end()) {
      found->second->on_more(now);
      settle(id);
    }
  }
  mail.clients.clear();
  mail.answers.clear();
  mail.streaming.clear();
}

void worker::open(accepted_client client, steady_time now) {
  const int socket = client.stream->socket();
  const std::uint64_t id = ++last_id_;
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  wanted.data.u64 = id;
  connections_.emplace(id, std::make_unique<connection>(std::move(client), id, context_, now));
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &wanted) != 0) {
    spdlog::warn("http: a connection cannot be watched: {}", std::system_category().message(errno));
    connections_.at(id)->on_hang_up();
    settle(id);
  }
}

/// Forgets a connection that has ended.
void worker::settle(std::uint64_t id) {
  if (const auto found = connections_.find(id);
      found != connections_.end() && found->second->closed()) {
    connections_.erase(found);
    connections_count_.fetch_sub(1);
  }
}

void worker::look_after_all(steady_time now) {
  const bool draining = context_.draining.load(std::memory_order_relaxed);
  std::vector<std::uint64_t> ended;
  for (const auto& [id, connection] : connections_) {
    connection->enforce_deadlines(now);
    if (draining) {
      connection->close_if_idle(now);
    }
    if (connection->closed()) {
      ended.push_back(id);
    }
  }
  for (const std::uint64_t id : ended) {
    settle(id);
  }
  drained_ = draining;
}

}  // namespace talaria::http
