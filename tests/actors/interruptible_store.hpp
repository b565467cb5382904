#pragma once

#include "persistence/store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace talaria::test {

/// A store that takes no outcomes while `records` is false, or more than it can in time, and has
/// members if a test gives it some.
class interruptible_store : public persistence::store {
public:
  explicit interruptible_store(std::unique_ptr<persistence::store> store)
      : store_{std::move(store)} {}

  bool records = true;
  std::size_t outcomes_in_time_max = SIZE_MAX;
  /// Empty: it is not shared.
  std::function<std::unique_ptr<persistence::membership>()> membership;

  std::unique_ptr<persistence::event_appender> open_event_appender() override {
    return store_->open_event_appender();
  }
  std::unique_ptr<persistence::outcome_recorder> open_outcome_recorder() override {
    return std::make_unique<recorder>(*this, store_->open_outcome_recorder());
  }
  std::unique_ptr<persistence::outbox> open_outbox() override { return store_->open_outbox(); }
  std::unique_ptr<persistence::queue_reader> open_queue_reader() override {
    return store_->open_queue_reader();
  }
  std::unique_ptr<persistence::shard_ownership> open_shard_ownership() override {
    return store_->open_shard_ownership();
  }
  std::unique_ptr<persistence::membership> open_membership() override {
    return membership ? membership() : nullptr;
  }
  std::unique_ptr<persistence::catalog> open_catalog() override { return store_->open_catalog(); }
  std::unique_ptr<persistence::tenants> open_tenants() override { return store_->open_tenants(); }
  std::unique_ptr<persistence::event_types> open_event_types() override {
    return store_->open_event_types();
  }
  std::unique_ptr<persistence::request_log> open_request_log() override {
    return store_->open_request_log();
  }
  std::unique_ptr<persistence::history> open_history() override { return store_->open_history(); }
  std::unique_ptr<persistence::recoveries> open_recoveries() override {
    return store_->open_recoveries();
  }
  std::unique_ptr<persistence::upkeep> open_upkeep() override { return store_->open_upkeep(); }
  persistence::result<void> probe() override { return store_->probe(); }

private:
  class recorder : public persistence::outcome_recorder {
  public:
    recorder(const interruptible_store& store, std::unique_ptr<persistence::outcome_recorder> inner)
        : store_{store}, inner_{std::move(inner)} {}

    persistence::result<std::vector<persistence::record_status>> record(
        std::string_view node, std::span<const persistence::outcome> outcomes) override {
      if (!store_.records || outcomes.size() > store_.outcomes_in_time_max)
        return domain::fail(domain::ec::store_unavailable, "interrupted by the test");
      return inner_->record(node, outcomes);
    }

    persistence::result<std::vector<persistence::record_status>> record_health(
        std::string_view node, std::span<const persistence::health_change> changes) override {
      if (!store_.records)
        return domain::fail(domain::ec::store_unavailable, "interrupted by the test");
      return inner_->record_health(node, changes);
    }

  private:
    const interruptible_store& store_;
    std::unique_ptr<persistence::outcome_recorder> inner_;
  };

  std::unique_ptr<persistence::store> store_;
};

}  // namespace talaria::test
