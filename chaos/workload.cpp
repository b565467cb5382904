#include "chaos/workload.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "chaos/http_client.hpp"
#include "chaos/payload.hpp"
#include <algorithm>
#include <optional>
#include <utility>

namespace talaria::chaos {

namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 5ms;
constexpr auto repeat_pause_min = 100ms;
constexpr auto repeat_pause_max = 1'000ms;
constexpr std::chrono::milliseconds answer_patience{5'000};
/// Where there are others to be asked.
constexpr std::chrono::milliseconds node_patience{2'000};
constexpr auto silence_pause = 2s;

std::optional<std::string> acked_id(const http_answer& answer) {
  if (answer.status != 202)
    return std::nullopt;
  boost::system::error_code failed;
  const auto body = boost::json::parse(answer.body, failed);
  const auto* object = body.if_object();
  const auto* id = object == nullptr ? nullptr : object->if_contains("id");
  if (failed || id == nullptr || !id->is_string())
    return std::nullopt;
  return std::string{id->as_string()};
}

}  // namespace

workload::workload(options options, const run_clock& clock)
    : options_{std::move(options)}, clock_{clock}, started_{clock.now()} {
  for (std::uint32_t made = 0; made < options_.plan.connections; ++made)
    threads_.emplace_back([this] { run(); });
}

workload::~workload() {
  stop(0ms);
}

void workload::stop(std::chrono::milliseconds patience) {
  stopping_ = true;
  std::thread giving_up{[this, until = clock_.now() + patience] {
    while (clock_.now() < until && !given_up_)
      std::this_thread::sleep_for(look_interval);
    given_up_ = true;
  }};
  for (auto& thread : threads_)
    thread.join();
  threads_.clear();
  given_up_ = true;
  giving_up.join();
}

std::vector<submission> workload::submissions() const {
  const std::scoped_lock lock{mutex_};
  return submissions_;
}

void workload::run() {
  std::uint64_t number = 0;
  while (wait_for_turn(number))
    submit(number);
}

bool workload::wait_for_turn(std::uint64_t& number) {
  number = next_++;
  const std::chrono::duration<double> due{static_cast<double>(number) /
                                          options_.plan.events_per_second};
  while (clock_.now() - started_ < due) {
    if (stopping_)
      return false;
    std::this_thread::sleep_for(look_interval);
  }
  return !stopping_;
}

void workload::submit(std::uint64_t number) {
  note_begin(number);
  const auto key = is_keyed(number) ? fmt::format(R"(,"idempotency_key":"number-{}")", number) : "";
  const auto body = fmt::format(R"({{"event_type":"chaos.event","payload":{}{}}})",
                                payload_of(number, options_.plan.payload_bytes), key);
  auto pause = std::chrono::milliseconds{repeat_pause_min};
  while (!ask(number, body, !key.empty()) && !key.empty() && !given_up_) {
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::milliseconds{repeat_pause_max});
  }
}

bool workload::ask(std::uint64_t number, const std::string& body, bool is_keyed) {
  const auto urls = options_.urls();
  const auto url = choose(urls);
  const auto answer = send({.method = "POST",
                            .url = fmt::format("{}/api/v1/events", url),
                            .key = options_.key,
                            .body = body,
                            .timeout = urls.size() > 1 ? node_patience : answer_patience,
                            .once = !is_keyed});
  if (answer.status == 0)
    note_silence(url);
  const auto id = acked_id(answer);
  if (!id)
    return false;
  const std::scoped_lock lock{mutex_};
  auto& noted = submissions_.at(number);
  noted.acked_at = clock_.now();
  noted.event_ids.push_back(*id);
  return true;
}

std::string workload::choose(const std::vector<std::string>& urls) {
  const auto first = turn_++;
  const std::scoped_lock lock{mutex_};
  for (std::size_t count = 0; count < urls.size(); ++count) {
    const auto& url = urls[(first + count) % urls.size()];
    const auto silent = silent_.find(url);
    if (silent == silent_.end() || silent->second <= clock_.now())
      return url;
  }
  return urls[first % urls.size()];
}

void workload::note_silence(const std::string& url) {
  const std::scoped_lock lock{mutex_};
  silent_[url] = clock_.now() + silence_pause;
}

void workload::note_begin(std::uint64_t number) {
  const std::scoped_lock lock{mutex_};
  // Numbers are drawn in order, and noted as each thread gets to it.
  while (submissions_.size() <= number)
    submissions_.push_back({.number = submissions_.size()});
  auto& noted = submissions_[number];
  noted.submitted_at = clock_.now();
  for (const auto& each : options_.subscriptions) {
    if (!each.only_odd || number % 2 == 1)
      noted.wanted_by.push_back(each.name);
  }
}

bool workload::is_keyed(std::uint64_t number) const {
  return seeded_chance{options_.seed ^ (number * 0x9e3779b97f4a7c15)}.fraction() <
         options_.plan.keyed;
}

}  // namespace talaria::chaos
