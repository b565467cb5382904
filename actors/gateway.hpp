#pragma once

#include "domain/attempt.hpp"
#include "domain/error.hpp"
#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/subscription.hpp"
#include "persistence/event_appender.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace talaria::actors {

/// An event as its client gave it: `ingest` sets `id` and `received_at`, and `occurred_at` where
/// `occurred_now` says that the client left it out.
struct event_draft {
  std::shared_ptr<domain::event> event;
  bool occurred_now = false;
  /// `expires_at` is set by `ingest`.
  std::optional<persistence::idempotency> idempotent;
};

struct submission_answer {
  domain::timestamp received_at;
  /// In the order of the drafts; empty if there are conflicts.
  std::vector<persistence::appended_event> events;
  /// Indexes of drafts whose idempotency key was used with another body: nothing was stored.
  std::vector<std::size_t> conflicts;
  /// How many were created.
  std::size_t deliveries = 0;
};

/// What a client submitted in one request.
struct submission {
  std::vector<event_draft> events;
  /// Called exactly once, on any thread, after the commit or instead of it (`ec::overloaded`,
  /// `ec::draining`, `ec::store_unavailable`, `ec::store_full`). Must not block or throw.
  std::function<void(domain::result<submission_answer>)> done;
};

/// What this node does for a priority.
struct queue_activity {
  domain::priority queue{};
  std::uint64_t in_flight = 0;
  /// Since the start of this process.
  std::uint64_t delivered = 0;
  std::uint64_t dead = 0;
};

/// What this node has taken on and not yet done.
struct node_load {
  std::int64_t submissions_in_progress = 0;
  std::int64_t submissions_max = 0;
  /// Of attempts that were made and are not recorded yet.
  std::int64_t outcomes_waiting = 0;

  /// Whether the next submission would be refused.
  bool is_full() const { return submissions_in_progress >= submissions_max; }
};

/// The actors, as the HTTP layer sees them. Thread-safe; no call blocks.
///
/// All but `submit` and `send_test` are hints that follow a commit: losing one costs time, never
/// data.
class gateway {
public:
  virtual ~gateway() = default;

  virtual void submit(submission submission) = 0;

  /// A subscription or an application was created, changed or deleted.
  virtual void catalog_changed() = 0;

  /// These subscriptions have deliveries that are due now.
  virtual void deliveries_due(std::span<const domain::subscription_number> subscriptions) = 0;

  virtual void delivery_cancelled(const domain::delivery_id& delivery) = 0;

  virtual std::array<queue_activity, 3> queues() const = 0;

  virtual node_load load() const = 0;

  /// Sends one event to a subscription at once, outside of its queue, recording nothing.
  virtual void send_test(std::shared_ptr<const domain::subscription> subscription,
                         std::shared_ptr<const domain::event> event,
                         std::function<void(domain::attempt)> done) = 0;
};

}  // namespace talaria::actors
