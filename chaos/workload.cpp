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
  const auto answer = send({.method = "POST",
                            .url = fmt::format("{}/api/v1/events", options_.url()),
                            .key = options_.key,
                            .body = body,
                            .timeout = answer_patience,
                            .once = !is_keyed});
  const auto id = acked_id(answer);
  if (!id)
    return false;
  const std::scoped_lock lock{mutex_};
  auto& noted = submissions_.at(number);
  noted.acked_at = clock_.now();
  noted.event_ids.push_back(*id);
  return true;
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
