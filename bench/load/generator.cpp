#include "bench/load/generator.hpp"

#include "delivery/system_calls.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace talaria::load {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr std::size_t events_at_once = 256;
constexpr auto connect_patience = 10s;
/// Between two looks at deadlines and progress.
constexpr nanoseconds look_interval = 50ms;
/// Until `events_allowed` is asked again.
constexpr nanoseconds permission_interval = 1ms;
constexpr nanoseconds progress_interval = 1s;
constexpr unsigned status_accepted = 202;

timespec to_timespec(nanoseconds since_epoch) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  return {.tv_sec = static_cast<time_t>(seconds.count()),
          .tv_nsec = static_cast<long>((since_epoch - seconds).count())};
}

}  // namespace

generator::generator(const load_options& options, target where)
    : options_(options),
      where_(std::move(where)),
      requests_(options, where_.host),
      epoll_(delivery::checked(epoll_create1(EPOLL_CLOEXEC), "epoll")),
      wake_up_(delivery::checked(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                                 "timerfd")),
      clients_(options.clients) {
  delivery::watch(epoll_.get(), wake_up_.get(), EPOLLIN | EPOLLET, epoll_data_t{.ptr = nullptr});
}

domain::result<load_report> generator::run(const listener& progress) {
  if (!connect_all())
    return domain::fail(domain::ec::store_unavailable,
                        "the server at " + where_.host + " cannot be connected to");
  running_ = true;
  started_at_ = steady_clock::now();
  last_answer_at_ = started_at_;
  last_progress_ = started_at_;
  next_progress_ = started_at_ + progress_interval;
  ends_at_ = started_at_ + options_.duration;
  if (options_.events_per_second)
    pacer_.emplace(*options_.events_per_second / static_cast<double>(options_.batch_events),
                   started_at_);
  while (open_ > 0 && (busy_ > 0 || !is_over(steady_clock::now()))) {
    start_requests();
    wait_for_events(time_to_wait());
    if (const auto now = steady_clock::now(); now >= next_look_)
      look_after_all(now, progress);
  }
  return finish();
}

load_report generator::finish() {
  report_.elapsed = last_answer_at_ - started_at_;
  if (pacer_) {
    const std::chrono::duration<double> duration = ends_at_ - started_at_;
    const auto paced = static_cast<std::uint64_t>(*options_.events_per_second * duration.count());
    const auto due = std::min(paced, options_.events_max.value_or(paced));
    report_.events_not_submitted = due - std::min(due, events_submitted_);
  }
  return std::move(report_);
}

bool generator::connect_all() {
  for (auto& client : clients_) {
    if (client.open(where_, epoll_.get()))
      ++open_;
  }
  const auto deadline = steady_clock::now() + connect_patience;
  while (idle_.size() < open_ && steady_clock::now() < deadline)
    wait_for_events(look_interval);
  return !idle_.empty();
}

void generator::wait_for_events(nanoseconds longest) {
  std::array<epoll_event, events_at_once> events;
  const auto longest_ms = std::chrono::ceil<std::chrono::milliseconds>(longest);
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                               static_cast<int>(longest_ms.count()));
  for (int index = 0; index < count; ++index) {
    const auto& event = events[static_cast<std::size_t>(index)];
    auto* client = static_cast<connection*>(event.data.ptr);
    if (client != nullptr)
      take_change(*client, client->on_event(event.events));
  }
}

void generator::take_change(connection& client, connection::change change) {
  switch (change) {
    case connection::change::none:
      return;
    case connection::change::connected:
      idle_.push_back(&client);
      break;
    case connection::change::answered:
      --busy_;
      count_answer(client);
      if (client.closes())
        reopen(client);
      else
        idle_.push_back(&client);
      break;
    case connection::change::lost:
      replace(client);
      break;
  }
  if (running_)
    start_requests();
}

void generator::count_answer(const connection& client) {
  last_answer_at_ = steady_clock::now();
  ++report_.requests_answered;
  ++report_.answers_by_status[client.status()];
  (client.status() == status_accepted ? report_.events_accepted : report_.events_refused) +=
      options_.batch_events;
  report_.latency.record(last_answer_at_ - client.due());
}

void generator::replace(connection& client) {
  ++report_.connections_lost;
  if (const auto waiting = std::find(idle_.begin(), idle_.end(), &client); waiting != idle_.end()) {
    idle_.erase(waiting);
  } else if (running_ && client.under_way()) {
    --busy_;
    report_.events_unanswered += options_.batch_events;
  }
  if (client.ever_answered())
    reopen(client);
  else
    --open_;
}

void generator::reopen(connection& client) {
  if (!client.open(where_, epoll_.get()))
    --open_;
}

bool generator::is_over(time now) const {
  const bool all_submitted =
      options_.events_max && events_submitted_ + options_.batch_events > *options_.events_max;
  return all_submitted || now >= ends_at_;
}

std::optional<generator::time> generator::next_start(time now) const {
  const auto due = pacer_ ? pacer_->next_due() : now;
  if (due >= ends_at_ || is_over(now))
    return std::nullopt;
  if (options_.events_allowed &&
      events_submitted_ + options_.batch_events > options_.events_allowed())
    return std::max(due, now + permission_interval);
  return due;
}

void generator::start_requests() {
  while (!idle_.empty()) {
    const auto now = steady_clock::now();
    const auto due = next_start(now);
    if (!due || *due > now)
      return;
    auto& client = *idle_.front();
    idle_.pop_front();
    start(client, pacer_ ? pacer_->take() : now);
  }
}

void generator::start(connection& client, time due) {
  requests_.write(client.request(), {.sequence = events_submitted_, .submitted = due});
  events_submitted_ += options_.batch_events;
  ++busy_;
  if (client.send(due) == connection::change::lost)
    replace(client);
}

nanoseconds generator::time_to_wait() const {
  const auto now = steady_clock::now();
  const auto next = idle_.empty() ? std::nullopt : next_start(now);
  if (!next || *next - now >= look_interval)
    return look_interval;
  set_wake_up(*next);
  return look_interval;
}

void generator::set_wake_up(time due) const {
  itimerspec when{};
  when.it_value = to_timespec(due.time_since_epoch());
  timerfd_settime(wake_up_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void generator::look_after_all(time now, const listener& progress) {
  next_look_ = now + look_interval;
  if (options_.interrupted && options_.interrupted())
    ends_at_ = std::min(ends_at_, now);
  give_up_overdue(now);
  if (progress && now >= next_progress_)
    report_progress(now, progress);
}

void generator::give_up_overdue(time now) {
  for (auto& client : clients_) {
    if (client.under_way() && now - client.due() >= options_.request_timeout) {
      client.close();
      replace(client);
    }
  }
}

void generator::report_progress(time now, const listener& progress) {
  const std::chrono::duration<double> since_last = now - last_progress_;
  const auto added = report_.events_accepted - accepted_at_last_progress_;
  progress({.elapsed = now - started_at_,
            .events_accepted = report_.events_accepted,
            .events_failed = report_.events_refused + report_.events_unanswered,
            .events_per_second = static_cast<double>(added) / since_last.count()});
  last_progress_ = now;
  next_progress_ = now + progress_interval;
  accepted_at_last_progress_ = report_.events_accepted;
}

}  // namespace talaria::load
