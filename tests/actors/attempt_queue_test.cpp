#include "actors/attempt_queue.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>

using namespace talaria;
using domain::priority;

namespace {

constexpr auto anybody = actors::attempt_queue::turn_of::anybody;
constexpr auto idle = actors::attempt_queue::turn_of::idle;

std::shared_ptr<actors::attempt_order> order_of(priority wanted, std::uint32_t number = 1) {
  auto subscription = std::make_shared<domain::subscription>();
  subscription->number = domain::subscription_number{number};
  auto event = std::make_shared<domain::event>();
  event->priority = wanted;
  return std::make_shared<actors::attempt_order>(
      actors::attempt_order::content{
          .subscription = std::move(subscription), .event = std::move(event), .number = 1},
      nullptr);
}

}  // namespace

TEST_CASE("an empty line of attempts gives nothing") {
  actors::attempt_queue queue;
  CHECK(queue.pop(anybody) == nullptr);
}

TEST_CASE("of ten attempts taken from full lines six are high, three normal and one low") {
  actors::attempt_queue queue;
  for (int i = 0; i < 10; ++i) {
    for (const auto wanted : {priority::high, priority::normal, priority::low})
      queue.push(order_of(wanted));
  }
  std::array<int, 3> taken{};
  for (int i = 0; i < 10; ++i)
    ++taken.at(static_cast<std::size_t>(queue.pop(anybody)->priority()));
  CHECK(taken == std::array<int, 3>{6, 3, 1});
  CHECK(queue.waiting(priority::high) == 4);
  CHECK(queue.waiting(priority::normal) == 7);
  CHECK(queue.waiting(priority::low) == 9);
}

TEST_CASE("a priority whose line is empty leaves its turns to the others") {
  actors::attempt_queue queue;
  for (int i = 0; i < 20; ++i)
    queue.push(order_of(priority::low));
  for (int i = 0; i < 20; ++i)
    CHECK(queue.pop(anybody) != nullptr);
  CHECK(queue.waiting() == 0);
}

TEST_CASE("within a priority, and among those with as much under way, the first to come is first") {
  actors::attempt_queue queue;
  const auto first = order_of(priority::normal);
  queue.push(first);
  queue.push(order_of(priority::normal));
  CHECK(queue.pop(anybody) == first);
}

TEST_CASE("the subscription with the fewest attempts under way comes first") {
  actors::attempt_queue queue;
  for (int i = 0; i < 5; ++i)
    queue.push(order_of(priority::normal, 1));
  CHECK(queue.pop(anybody)->ordered().subscription->number == domain::subscription_number{1});
  CHECK(queue.pop(anybody)->ordered().subscription->number == domain::subscription_number{1});
  const auto other = order_of(priority::normal, 2);
  queue.push(order_of(priority::normal, 1));
  queue.push(other);
  CHECK(queue.pop(anybody) == other);
  CHECK(queue.under_way() == 3);
  queue.ended(domain::subscription_number{1});
  queue.ended(domain::subscription_number{1});
  queue.push(order_of(priority::normal, 2));
  CHECK(queue.pop(anybody)->ordered().subscription->number == domain::subscription_number{1});
}

TEST_CASE("a turn of the idle is taken only by who has nothing under way") {
  actors::attempt_queue queue;
  queue.push(order_of(priority::normal, 1));
  queue.push(order_of(priority::high, 1));
  CHECK(queue.pop(idle) != nullptr);
  CHECK(queue.pop(idle) == nullptr);
  CHECK(queue.waiting() == 1);
  const auto other = order_of(priority::low, 2);
  queue.push(other);
  CHECK(queue.pop(idle) == other);
  queue.ended(domain::subscription_number{1});
  CHECK(queue.pop(idle) != nullptr);
  CHECK(queue.waiting() == 0);
}

TEST_CASE("a subscription's priority overrides the event's") {
  auto subscription = std::make_shared<domain::subscription>();
  subscription->settings.priority = priority::high;
  auto event = std::make_shared<domain::event>();
  event->priority = priority::low;
  const actors::attempt_order order{{.subscription = subscription, .event = event, .number = 1},
                                    nullptr};
  CHECK(order.priority() == priority::high);
}
