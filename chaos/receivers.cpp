#include "chaos/receivers.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "chaos/payload.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <iterator>
#include <limits>
#include <utility>

namespace talaria::chaos {

namespace {

constexpr int backlog = 1024;
constexpr std::chrono::milliseconds drip_pause{100};
constexpr std::size_t read_bytes = 64 * 1024;

/// A close that the other side sees as a reset.
void arm_reset(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

receivers::receivers(options options, const run_clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      ledger_(options_.ledger),
      epoll_(delivery::checked(epoll_create1(EPOLL_CLOEXEC), "epoll")),
      wake_(delivery::checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  for (std::size_t index = 0; index < options_.subscriptions.size(); ++index) {
    auto& made = *listeners_.emplace_back(std::make_unique<listener>());
    made.at = delivery::listen_on_loopback(backlog);
    delivery::watch(epoll_.get(), made.at.socket.get(), EPOLLIN);
  }
  delivery::watch(epoll_.get(), wake_.get(), EPOLLIN);
  thread_ = std::thread([this] { run(); });
}

receivers::~receivers() {
  stopping_ = true;
  eventfd_write(wake_.get(), 1);
  thread_.join();
}

std::string receivers::url(std::size_t index) const {
  return fmt::format("http://127.0.0.1:{}/{}", listeners_.at(index)->at.port,
                     options_.subscriptions.at(index).name);
}

void receivers::behave(std::size_t index, manner how) {
  listeners_.at(index)->how = how;
  changed_ = true;
  eventfd_write(wake_.get(), 1);
}

std::vector<reception> receivers::seen() const {
  const std::scoped_lock lock{mutex_};
  return seen_;
}

std::string receivers::failure() const {
  const std::scoped_lock lock{mutex_};
  return failure_;
}

void receivers::run() {
  try {
    while (!stopping_)
      serve_events();
  } catch (const std::exception& exception) {
    const std::scoped_lock lock{mutex_};
    failure_ = exception.what();
  }
}

void receivers::serve_events() {
  serve_ready();
  write_down();
  send_answers();
  drip();
  if (changed_.exchange(false))
    end_stalls();
}

void receivers::serve_ready() {
  std::array<epoll_event, 256> events;
  const bool someone_drips =
      std::ranges::any_of(connections_, [](const auto& each) { return each.second.drips; });
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                               someone_drips ? int{drip_pause.count()} : -1);
  for (int at = 0; at < count; ++at) {
    const auto& event = events[static_cast<std::size_t>(at)];
    const int descriptor = event.data.fd;
    if (descriptor == wake_.get()) {
      eventfd_t ignored = 0;
      eventfd_read(wake_.get(), &ignored);
      continue;
    }
    const auto client = connections_.find(descriptor);
    if (client != connections_.end()) {
      if (!serve(client->second, event.events))
        connections_.erase(client);
      continue;
    }
    for (std::size_t index = 0; index < listeners_.size(); ++index) {
      if (listeners_[index]->at.socket.get() == descriptor)
        accept_all(index);
    }
  }
}

void receivers::accept_all(std::size_t index) {
  while (true) {
    auto socket = delivery::accept_one(listeners_[index]->at.socket.get());
    if (!socket.valid())
      return;
    const int number = socket.get();
    delivery::watch(epoll_.get(), number, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    connection made;
    made.socket = std::move(socket);
    made.number = ++connections_made_;
    made.listener = index;
    connections_.insert_or_assign(number, std::move(made));
  }
}

bool receivers::serve(connection& client, std::uint32_t events) {
  const bool ends = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  // What came before the end counts: it was sent.
  const bool alive = read(client);
  return alive && !ends && (client.drips || write(client));
}

bool receivers::read(connection& client) {
  static thread_local std::array<char, read_bytes> buffer;
  std::vector<webhook> requests;
  bool alive = true;
  while (true) {
    const auto count = ::recv(client.socket.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      alive = count < 0 && (errno == EAGAIN || errno == EINTR);
      break;
    }
    if (!client.reader.feed({buffer.data(), static_cast<std::size_t>(count)}, requests)) {
      alive = false;
      break;
    }
  }
  for (const auto& request : requests)
    take(client, request);
  return alive;
}

void receivers::take(const connection& client, const webhook& request) {
  const auto& plan = options_.subscriptions[client.listener];
  const auto number = number_in(request.body);
  const auto answer =
      script_answer(listeners_[client.listener]->how, plan.fail_rate,
                    options_.seed + client.listener, number.value_or(0), request.attempt);
  fresh_.push_back(
      {.number = number.value_or(std::numeric_limits<std::uint64_t>::max()),
       .event_id = request.event_id,
       .subscription = plan.name,
       .at = clock_.now(),
       .status = answer.status,
       .is_plain = answer.is_plain(),
       .is_intact = number && request.body == payload_of(*number, options_.payload_bytes),
       .sequence = request.sequence});
  answers_.push_back({client.socket.get(), client.number, answer});
}

void receivers::write_down() {
  if (fresh_.empty())
    return;
  ledger_.write(fresh_);
  const std::scoped_lock lock{mutex_};
  seen_.insert(seen_.end(), std::make_move_iterator(fresh_.begin()),
               std::make_move_iterator(fresh_.end()));
  fresh_.clear();
}

void receivers::send_answers() {
  for (const auto& waiting : std::exchange(answers_, {})) {
    const auto client = connections_.find(waiting.descriptor);
    const bool is_there =
        client != connections_.end() && client->second.number == waiting.connection;
    if (is_there && !send_answer(client->second, waiting.answer))
      connections_.erase(client);
  }
}

bool receivers::send_answer(connection& client, const scripted_answer& answer) {
  if (answer.how == manner::reset) {
    arm_reset(client.socket.get());
    return false;
  }
  client.unsent += to_bytes(answer);
  client.drips = answer.how == manner::drip;
  client.stalls = answer.how == manner::stall;
  client.closes = answer.how == manner::garbage || answer.how == manner::truncate;
  return client.drips || write(client);
}

bool receivers::write(connection& client) {
  const bool alive = delivery::send_from(client.socket.get(), client.unsent);
  const bool is_over = client.unsent.empty() && client.closes;
  return alive && !is_over;
}

void receivers::drip() {
  if (clock_.now() < next_drip_)
    return;
  next_drip_ = clock_.now() + drip_pause;
  for (auto each = connections_.begin(); each != connections_.end();) {
    auto& client = each->second;
    bool alive = true;
    if (client.drips) {
      alive = ::send(client.socket.get(), client.unsent.data(), 1, MSG_NOSIGNAL) == 1;
      client.unsent.erase(0, 1);
      client.drips = !client.unsent.empty();
    }
    each = alive ? std::next(each) : connections_.erase(each);
  }
}

/// Who waits for an answer that will not come is told so.
void receivers::end_stalls() {
  std::erase_if(connections_, [&](const auto& each) {
    const auto& client = each.second;
    return client.stalls && listeners_[client.listener]->how != manner::stall;
  });
}

}  // namespace talaria::chaos
