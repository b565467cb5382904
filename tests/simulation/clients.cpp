#include "tests/simulation/clients.hpp"

#include "tests/simulation/memory_rows.hpp"
#include "tests/simulation/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace talaria::simulation {

namespace {

using namespace std::chrono_literals;

/// After which a client takes a request for lost.
constexpr auto patience = 2s;
constexpr std::size_t event_types = 3;
constexpr std::size_t batch_max = 3;

domain::uuid key_of(std::uint64_t number) {
  domain::uuid key;
  for (std::size_t byte = 0; byte < sizeof number; ++byte)
    key.bytes.at(byte) = static_cast<std::uint8_t>(number >> (8 * byte));
  return key;
}

}  // namespace

clients::clients(agenda& events, dice& chance, surroundings around)
    : agenda_{events}, chance_{chance}, around_{std::move(around)}, started_{around_.true_time()} {
}

chaos::moment clients::moment_now() const {
  return around_.true_time() - started_;
}

void clients::submit_something(double keyed) {
  request fresh;
  fresh.keyed = chance_.chance(keyed);
  const auto count = 1 + chance_.below(batch_max);
  for (std::size_t index = 0; index < count; ++index) {
    sent one;
    one.type = fmt::format("type-{}", chance_.below(event_types));
    one.seen.number = sent_.size() + 1;
    one.seen.wanted_by = around_.wanted_by(one.type);
    one.seen.submitted_at = moment_now();
    fresh.events.push_back(sent_.size());
    sent_.push_back(std::move(one));
  }
  requests_.push_back(std::move(fresh));
  ++trying_;
  attempt(requests_.size() - 1);
}

actors::submission clients::compose(std::size_t number) {
  actors::submission composed;
  for (const auto index : requests_[number].events) {
    const auto& one = sent_[index];
    actors::event_draft draft;
    draft.event = std::make_shared<domain::event>();
    draft.event->application = application;
    draft.event->type = one.type;
    draft.event->payload = network::payload_of(one.seen.number);
    draft.event->priority = domain::priorities.at(one.seen.number % domain::priorities.size());
    draft.occurred_now = true;
    if (requests_[number].keyed)
      draft.idempotent = persistence::idempotency{.key_hash = key_of(one.seen.number),
                                                  .body_hash = key_of(one.seen.number),
                                                  .expires_at = {}};
    composed.events.push_back(std::move(draft));
  }
  return composed;
}

void clients::attempt(std::size_t number) {
  auto& request = requests_[number];
  const auto tried = ++request.tries;
  auto composed = compose(number);
  composed.done = [this, number, tried](const auto& answer) {
    if (requests_[number].tries == tried)
      take_answer(number, answer);
  };
  if (!around_.submit(std::move(composed)))
    return try_again(number);
  agenda_.at(around_.true_time() + patience, [this, number, tried] {
    if (requests_[number].tries == tried && !requests_[number].answered)
      try_again(number);
  });
}

void clients::take_answer(std::size_t number,
                          const domain::result<actors::submission_answer>& answer) {
  auto& request = requests_[number];
  if (!answer)
    return try_again(number);
  request.answered = true;
  --trying_;
  for (std::size_t index = 0; index < answer->events.size(); ++index) {
    auto& seen = sent_[request.events[index]].seen;
    seen.acked_at = moment_now();
    seen.event_ids.push_back(domain::to_string(answer->events[index].id));
  }
}

void clients::try_again(std::size_t number) {
  auto& request = requests_[number];
  // An answer to the former try comes too late.
  const auto tried = ++request.tries;
  if (!request.keyed) {
    request.answered = true;
    --trying_;
    return;
  }
  const std::chrono::milliseconds wait{chance_.between(100, 1'000)};
  agenda_.at(around_.true_time() + wait, [this, number, tried] {
    if (requests_[number].tries == tried)
      attempt(number);
  });
}

void clients::subscription_changed(const std::string& subscription) {
  for (auto& one : sent_) {
    if (!one.seen.acked_at)
      one.doubtful.insert(subscription);
  }
}

std::vector<chaos::submission> clients::submissions(
    const std::function<bool(const std::string&, const std::string&)>& has_delivery) const {
  std::vector<chaos::submission> all;
  for (const auto& one : sent_) {
    auto seen = one.seen;
    for (const auto& subscription : one.doubtful) {
      std::erase(seen.wanted_by, subscription);
      const bool has = std::ranges::any_of(
          seen.event_ids, [&](const auto& event) { return has_delivery(event, subscription); });
      if (has || seen.event_ids.empty())
        seen.wanted_by.push_back(subscription);
    }
    all.push_back(std::move(seen));
  }
  return all;
}

}  // namespace talaria::simulation
