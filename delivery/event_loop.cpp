#include "delivery/event_loop.hpp"

#include "delivery/own_thread.hpp"
#include "delivery/system_calls.hpp"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace talaria::delivery {

namespace {

constexpr std::size_t events_at_once = 256;
/// An idle transfer costs about 6 KB; making a new one costs less than connecting does.
constexpr std::size_t idle_transfers_max = 256;

std::uint32_t to_epoll(int curl_events) {
  return ((curl_events & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) |
         ((curl_events & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
}

int to_curl(std::uint32_t epoll_events) {
  return ((epoll_events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
         ((epoll_events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
         ((epoll_events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
}

}  // namespace

event_loop::event_loop(event_loop_settings settings, const address_policy& addresses,
                       resolver& names)
    : settings_(std::move(settings)),
      addresses_(addresses),
      names_(names),
      epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll")),
      wake_up_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      share_(curl_share_init()),
      multi_(curl_multi_init()) {
  set_up_curl();
  watch(epoll_.get(), wake_up_.get(), EPOLLIN);
  // A first transfer shows at the start whether libcurl takes our settings.
  keep_for_reuse(take_transfer());
  thread_ = std::thread([this] { run(); });
}

event_loop::~event_loop() {
  stop();
}

void event_loop::set_up_curl() {
  if (share_ == nullptr || multi_ == nullptr)
    throw std::runtime_error("libcurl cannot be set up");
  // Without locks, as only this thread uses it.
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  CURLM* multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &event_loop::watch_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &event_loop::set_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
}

bool event_loop::start(request_in_flight& request) {
  const std::scoped_lock lock(inbox_mutex_);
  if (stopping_)
    return false;
  wake();
  inbox_.started.push_back(std::move(request));
  return true;
}

void event_loop::post(resolved_name message) {
  const std::scoped_lock lock(inbox_mutex_);
  wake();
  inbox_.resolved.push_back(std::move(message));
}

void event_loop::abort() {
  const std::scoped_lock lock(inbox_mutex_);
  wake();
  aborting_ = true;
}

void event_loop::wake() {
  if (inbox_.started.empty() && inbox_.resolved.empty())
    eventfd_write(wake_up_.get(), 1);
}

void event_loop::stop() {
  {
    const std::scoped_lock lock(inbox_mutex_);
    wake();
    stopping_ = true;
  }
  if (thread_.joinable())
    thread_.join();
}

void event_loop::run() {
  set_up_own_thread("delivery-loop");
  while (take_messages()) {
    wait_for_events();
    fire_timer(clock::now());
    collect_finished();
    expire_waiting(clock::now());
  }
  abort_all();
}

bool event_loop::take_messages() {
  messages taken;
  bool aborted = false;
  {
    const std::scoped_lock lock(inbox_mutex_);
    if (stopping_)
      return false;
    if (!std::exchange(aborting_, false))
      std::swap(taken, inbox_);
    else
      aborted = true;
  }
  if (aborted)
    abort_all();
  for (request_in_flight& request : taken.started)
    resolve(std::move(request));
  for (resolved_name& name : taken.resolved) {
    // One that is no longer waiting has expired.
    if (auto waiting = waiting_.extract(name.waiting))
      connect(std::move(waiting.mapped()), *name.addresses);
  }
  return true;
}

void event_loop::resolve(request_in_flight request) {
  const wait_key key{request.deadline, ++waited_};
  const std::string& name =
      request.target_allowed ? settings_.transfers.proxy->host : request.target.host;
  const auto known = names_.resolve(name, [this, key](resolver::answer addresses) {
    post({key, std::move(addresses)});
  });
  if (known == nullptr)
    waiting_.emplace(key, std::move(request));
  else
    connect(std::move(request), *known);
}

void event_loop::connect(request_in_flight request, const std::vector<ip_address>& addresses) {
  if (request.target_allowed)
    connect_to_proxy(std::move(request), addresses);
  else if (addresses.empty())
    request.fail(domain::attempt_error::dns);
  else if (settings_.transfers.proxy)
    ask_for_proxy(std::move(request), addresses);
  else
    connect_to_target(std::move(request), addresses);
}

void event_loop::ask_for_proxy(request_in_flight request,
                               const std::vector<ip_address>& of_target) {
  request.target_allowed = std::all_of(
      of_target.begin(), of_target.end(),
      [&](const ip_address& address) { return addresses_.allows(address, request.target.port); });
  if (request.target_allowed)
    resolve(std::move(request));
  else
    request.fail(domain::attempt_error::blocked_address);
}

void event_loop::connect_to_proxy(request_in_flight request,
                                  const std::vector<ip_address>& addresses) {
  if (addresses.empty()) {
    spdlog::error("delivery: the proxy's name {:?} has no address",
                  settings_.transfers.proxy->host);
    // `dns` would blame the receiver's name.
    request.fail(domain::attempt_error::connect);
    return;
  }
  request.addresses = addresses;
  begin(std::move(request));
}

void event_loop::connect_to_target(request_in_flight request,
                                   const std::vector<ip_address>& addresses) {
  std::copy_if(
      addresses.begin(), addresses.end(), std::back_inserter(request.addresses),
      [&](const ip_address& address) { return addresses_.allows(address, request.target.port); });
  if (request.addresses.empty()) {
    request.fail(domain::attempt_error::blocked_address);
    return;
  }
  begin(std::move(request));
}

void event_loop::begin(request_in_flight request) {
  const auto now = clock::now();
  if (now >= request.deadline) {
    request.fail(domain::attempt_error::timeout);
    return;
  }
  auto prepared = prepare(request, now);
  if (prepared == nullptr) {
    request.fail(domain::attempt_error::internal);
    return;
  }
  transfer& next = *prepared;
  next.position = active_.size();
  active_.push_back(std::move(prepared));
  set_connection_budget();
  if (curl_multi_add_handle(multi_.get(), next.handle()) != CURLM_OK)
    detach(next)->end().fail(domain::attempt_error::internal);
}

std::unique_ptr<transfer> event_loop::prepare(request_in_flight& request, clock::time_point now) {
  try {
    auto next = take_transfer();
    next->begin(request, now);
    return next;
  } catch (const std::exception& fault) {
    spdlog::error("delivery: the request to {:?} could not be made: {}", request.target.host,
                  fault.what());
    return nullptr;
  }
}

void event_loop::collect_finished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) {
      // Read before the handle is removed: that frees the message.
      const CURLcode result = message->data.result;
      finish(transfer::of(message->easy_handle), result);
    }
  }
}

void event_loop::finish(transfer& finished, CURLcode result) {
  auto ended = detach(finished);
  if (ended->may_try_next_address(result, clock::now())) {
    begin(ended->end());
    keep_for_reuse(std::move(ended));
    return;
  }
  outbound_response response = ended->response(result);
  request_in_flight request = ended->end();
  keep_for_reuse(std::move(ended));
  request.complete(std::move(response));
}

void event_loop::expire_waiting(clock::time_point now) {
  while (!waiting_.empty() && waiting_.begin()->first.first <= now)
    waiting_.extract(waiting_.begin()).mapped().fail(domain::attempt_error::timeout);
}

void event_loop::abort_all() {
  messages left;
  {
    const std::scoped_lock lock(inbox_mutex_);
    std::swap(left, inbox_);
  }
  for (request_in_flight& request : left.started)
    request.fail(domain::attempt_error::aborted);
  for (auto& [key, request] : std::exchange(waiting_, {}))
    request.fail(domain::attempt_error::aborted);
  while (!active_.empty())
    detach(*active_.back())->end().fail(domain::attempt_error::aborted);
}

std::unique_ptr<transfer> event_loop::take_transfer() {
  if (idle_.empty())
    return std::make_unique<transfer>(settings_.transfers, addresses_, share_.get());
  auto taken = std::move(idle_.back());
  idle_.pop_back();
  return taken;
}

std::unique_ptr<transfer> event_loop::detach(transfer& active) {
  curl_multi_remove_handle(multi_.get(), active.handle());
  const std::size_t position = active.position;
  std::swap(active_[position], active_.back());
  active_[position]->position = position;
  auto detached = std::move(active_.back());
  active_.pop_back();
  set_connection_budget();
  return detached;
}

void event_loop::keep_for_reuse(std::unique_ptr<transfer> ended) {
  if (idle_.size() < idle_transfers_max)
    idle_.push_back(std::move(ended));
}

void event_loop::set_connection_budget() {
  // libcurl counts connections in use, too, and below their number it would keep none for reuse.
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                    static_cast<long>(active_.size() + settings_.idle_connections_max));
}

void event_loop::wait_for_events() {
  std::array<epoll_event, events_at_once> events;
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                               milliseconds_to_wait());
  for (int index = 0; index < count; ++index) {
    const epoll_event& event = events[static_cast<std::size_t>(index)];
    if (event.data.fd == wake_up_.get()) {
      eventfd_t wakes = 0;
      eventfd_read(wake_up_.get(), &wakes);
      continue;
    }
    int running = 0;
    curl_multi_socket_action(multi_.get(), event.data.fd, to_curl(event.events), &running);
  }
}

int event_loop::milliseconds_to_wait() const {
  auto next = timer_due_;
  if (!waiting_.empty()) {
    const auto expiry = waiting_.begin()->first.first;
    next = next ? std::min(*next, expiry) : expiry;
  }
  if (!next)
    return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - clock::now());
  return static_cast<int>(
      std::clamp<std::chrono::milliseconds::rep>(wait.count(), 0, std::numeric_limits<int>::max()));
}

void event_loop::fire_timer(clock::time_point now) {
  if (timer_due_ && *timer_due_ <= now) {
    timer_due_.reset();
    int running = 0;
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

int event_loop::watch_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto& loop = *static_cast<event_loop*>(self);
  if (what == CURL_POLL_REMOVE) {
    // Fails if the socket is closed already, which has removed it.
    epoll_ctl(loop.epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  event.events = to_epoll(what);
  event.data.fd = socket;
  epoll_ctl(loop.epoll_.get(), known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
  curl_multi_assign(loop.multi_.get(), socket, self);
  return 0;
}

int event_loop::set_timer(CURLM*, long after_ms, void* self) {
  auto& loop = *static_cast<event_loop*>(self);
  if (after_ms < 0)
    loop.timer_due_.reset();
  else
    loop.timer_due_ = clock::now() + std::chrono::milliseconds(after_ms);
  return 0;
}

}  // namespace talaria::delivery
