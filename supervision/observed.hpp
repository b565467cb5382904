#pragma once

#include "supervision/actor_card.hpp"
#include "supervision/failure.hpp"

#include <caf/actor_cast.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/stateful_actor.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace talaria::supervision {

/// Told of what actors do that somebody should know. Its functions are called on the threads of the
/// actors, and of those who send to them: they must be thread-safe and quick.
struct observer {
  std::chrono::microseconds slow_after{100'000};
  /// More waiting messages than this are a backlog.
  std::int64_t mailbox_depth_max = 10'000;

  /// Before each message. May throw, which fails the actor, and may block it: for faults that are
  /// injected on purpose.
  std::function<void(const actor_card&)> before_message{};
  std::function<void(const actor_card&, std::chrono::microseconds)> on_slow{};
  /// Once when the depth passes the bound, and again after it has fallen below a half of it.
  std::function<void(const actor_card&)> on_backlog{};
  /// So many messages of others came to an actor that had ended, or were in its mailbox when it
  /// did.
  std::function<void(const actor_card&, std::uint64_t)> on_dead_letters{};
};

/// An actor class that keeps its card: counts and times messages, and notices what is slow, what
/// grows, and what comes too late. Costs two readings of the clock and a few atomic counters a
/// message.
template <class Base>
class observed : public Base {
public:
  using Base::Base;

  /// To be called once, when the actor begins. What both refer to must outlive the actor.
  void observe(std::shared_ptr<actor_card> card, const observer& by) {
    observer_ = &by;
    owner_ = std::move(card);
    owner_->set_handle(caf::actor_cast<caf::actor>(this));
    card_.store(owner_.get(), std::memory_order_release);
  }

  using Base::enqueue;
  void enqueue(caf::mailbox_element_ptr message, caf::execution_unit* unit) override {
    auto* card = card_.load(std::memory_order_acquire);
    const auto depth = waiting_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (card != nullptr) {
      const bool ended = this->getf(caf::abstract_actor::is_terminated_flag);
      // Its own timers end with it.
      const bool own = message->sender == this->ctrl();
      if (ended && !own)
        count_dead(*card, 1);
      else if (!ended)
        show_depth(*card, depth);
    }
    Base::enqueue(std::move(message), unit);
  }

protected:
  caf::invoke_message_result consume(caf::mailbox_element& message) override {
    const auto left = waiting_.fetch_sub(1, std::memory_order_relaxed) - 1;
    auto* card = card_.load(std::memory_order_relaxed);
    if (card == nullptr)
      return Base::consume(message);
    const handling timed{*card, *observer_};
    card->mailbox_depth.store(left, std::memory_order_relaxed);
    if (observer_->before_message)
      observer_->before_message(*card);
    return Base::consume(message);
  }

  bool cleanup(caf::error&& reason, caf::execution_unit* unit) override {
    auto* card = card_.load(std::memory_order_relaxed);
    const auto left = waiting_.load(std::memory_order_relaxed);
    const bool first = Base::cleanup(std::move(reason), unit);
    if (first && card != nullptr && left > 0)
      count_dead(*card, static_cast<std::uint64_t>(left));
    return first;
  }

private:
  using steady = std::chrono::steady_clock;

  /// Times the message at hand, however its handler ends.
  class handling {
  public:
    handling(actor_card& card, const observer& by) : card_(card), observer_(by) {
      card_.handling_since_ns.store(began_at_.time_since_epoch().count(),
                                    std::memory_order_relaxed);
    }
    handling(const handling&) = delete;
    handling& operator=(const handling&) = delete;
    ~handling() {
      const auto took = steady::now() - began_at_;
      card_.handling_since_ns.store(0, std::memory_order_relaxed);
      card_.messages_handled.fetch_add(1, std::memory_order_relaxed);
      card_.busy_ns.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
      if (took < observer_.slow_after)
        return;
      card_.slow_messages.fetch_add(1, std::memory_order_relaxed);
      if (observer_.on_slow)
        observer_.on_slow(card_, std::chrono::floor<std::chrono::microseconds>(took));
    }

  private:
    actor_card& card_;
    const observer& observer_;
    const steady::time_point began_at_ = steady::now();
  };

  void show_depth(actor_card& card, std::int64_t depth) {
    card.mailbox_depth.store(depth, std::memory_order_relaxed);
    const auto max = observer_->mailbox_depth_max;
    if (depth > max && !backlog_.exchange(true)) {
      if (observer_->on_backlog)
        observer_->on_backlog(card);
    } else if (depth < max / 2 && backlog_.load(std::memory_order_relaxed)) {
      backlog_.store(false);
    }
  }

  void count_dead(actor_card& card, std::uint64_t messages) {
    card.dead_letters.fetch_add(messages, std::memory_order_relaxed);
    if (observer_->on_dead_letters)
      observer_->on_dead_letters(card, messages);
  }

  const observer* observer_ = nullptr;
  std::shared_ptr<actor_card> owner_;
  /// Set once; null for messages that come before.
  std::atomic<actor_card*> card_{nullptr};
  std::atomic<std::int64_t> waiting_{0};
  std::atomic<bool> backlog_{false};
};

/// How a function that makes an actor of this interface gets itself.
template <class Handle, class State>
using observed_pointer = caf::stateful_actor<State, observed<typename Handle::base>>*;

/// The first thing that an observed actor does.
template <class State, class Base>
void begin(caf::stateful_actor<State, observed<Base>>* self, std::shared_ptr<actor_card> card,
           const observer& by) {
  fail_with_exception_text(self);
  self->observe(std::move(card), by);
}

}  // namespace talaria::supervision
