#pragma once

#include "actors/gateway.hpp"
#include "domain/id.hpp"
#include "persistence/store.hpp"

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace talaria::http::test {

/// Stores what is submitted at once, on the caller's thread, and remembers what it was told.
class fake_gateway : public actors::gateway {
public:
  explicit fake_gateway(persistence::store& store);

  void submit(actors::submission submission) override;
  void catalog_changed() override;
  void deliveries_due(std::span<const domain::subscription_number> subscriptions) override;
  void delivery_cancelled(const domain::delivery_id& delivery) override;
  std::array<actors::queue_activity, 3> queues() const override;
  actors::node_load load() const override;
  void send_test(std::shared_ptr<const domain::subscription> subscription,
                 std::shared_ptr<const domain::event> event,
                 std::function<void(domain::attempt)> done) override;

  /// Answers every submission from now on with this, storing nothing.
  void refuse_with(std::optional<domain::ec> code);
  /// Says so of itself from now on.
  void show_load(const actors::node_load& load);
  /// Takes submissions without ever answering them.
  void lose_submissions();

  int catalog_changes() const;
  std::vector<domain::subscription_number> due() const;
  std::vector<domain::delivery_id> cancelled() const;

private:
  domain::result<actors::submission_answer> append(std::vector<actors::event_draft>& drafts);

  mutable std::mutex mutex_;
  std::unique_ptr<persistence::catalog> catalog_;
  std::unique_ptr<persistence::event_appender> appender_;
  domain::uuid_sequence ids_;
  std::uint64_t random_ = 1;
  std::optional<domain::ec> refusal_;
  bool losing_ = false;
  actors::node_load load_{
      .submissions_in_progress = 3, .submissions_max = 10, .outcomes_waiting = 5};
  int catalog_changes_ = 0;
  std::vector<domain::subscription_number> due_;
  std::vector<domain::delivery_id> cancelled_;
};

}  // namespace talaria::http::test
