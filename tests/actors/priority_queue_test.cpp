#include "actors/dispatcher.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>

using namespace talaria;
using domain::priority;

namespace {

std::shared_ptr<actors::attempt_order> order_of(priority wanted) {
  auto event = std::make_shared<domain::event>();
  event->priority = wanted;
  return std::make_shared<actors::attempt_order>(
      actors::attempt_order::content{.subscription = std::make_shared<domain::subscription>(),
                                     .event = std::move(event),
                                     .number = 1},
      nullptr);
}

}  // namespace

TEST_CASE("an empty line of attempts gives nothing") {
  actors::priority_queue queue;
  CHECK(queue.pop() == nullptr);
}

TEST_CASE("of ten attempts taken from full lines six are high, three normal and one low") {
  actors::priority_queue queue;
  for (int i = 0; i < 10; ++i) {
    for (const auto wanted : {priority::high, priority::normal, priority::low})
      queue.push(order_of(wanted));
  }
  std::array<int, 3> taken{};
  for (int i = 0; i < 10; ++i)
    ++taken.at(static_cast<std::size_t>(queue.pop()->priority()));
  CHECK(taken == std::array<int, 3>{6, 3, 1});
}

TEST_CASE("a priority whose line is empty leaves its turns to the others") {
  actors::priority_queue queue;
  for (int i = 0; i < 20; ++i)
    queue.push(order_of(priority::low));
  for (int i = 0; i < 20; ++i)
    CHECK(queue.pop() != nullptr);
  CHECK(queue.size() == 0);
}

TEST_CASE("within a priority the first to come is the first served") {
  actors::priority_queue queue;
  const auto first = order_of(priority::normal);
  queue.push(first);
  queue.push(order_of(priority::normal));
  CHECK(queue.pop() == first);
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
