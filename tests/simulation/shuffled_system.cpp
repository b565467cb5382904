#include "tests/simulation/shuffled_system.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <stdexcept>

namespace talaria::simulation {

namespace {

constexpr domain::timestamp epoch{std::chrono::hours{24 * 365 * 56}};

std::string_view kind_of(const caf::resumable* job) {
  const auto* actor = dynamic_cast<const caf::local_actor*>(job);
  return actor == nullptr ? std::string_view{} : std::string_view{actor->name()};
}

}  // namespace

shuffled_system::configuration::configuration() {
  set("scheduler.policy", caf::atom("testing"));
}

shuffled_system::shuffled_system(dice& chance)
    : chance_{chance},
      system_{configuration_},
      coordinator_{dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())},
      started_{coordinator_.clock().now()} {
}

void shuffled_system::run_messages() {
  auto& jobs = coordinator_.jobs;
  for (std::size_t messages = 0; !jobs.empty(); ++messages) {
    if (messages == messages_max)
      throw std::runtime_error{"the actors do not come to rest"};
    std::swap(jobs.front(), jobs[chance_.below(jobs.size())]);
    running_ = kind_of(jobs.front());
    coordinator_.run_once();
    running_ = {};
  }
}

domain::timestamp shuffled_system::now() const {
  return epoch +
         std::chrono::floor<std::chrono::microseconds>(coordinator_.clock().now() - started_);
}

std::optional<domain::timestamp> shuffled_system::next_timer() const {
  const auto& timers = coordinator_.clock().schedule();
  if (timers.empty())
    return std::nullopt;
  return epoch + std::chrono::ceil<std::chrono::microseconds>(timers.begin()->first - started_);
}

void shuffled_system::advance_to(domain::timestamp when) {
  coordinator_.advance_time(std::max<domain::timestamp::duration>(when - now(), {}));
}

}  // namespace talaria::simulation
