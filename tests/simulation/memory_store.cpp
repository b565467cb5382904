#include "tests/simulation/memory_store.hpp"

#include "tests/simulation/absent_sessions.hpp"

namespace talaria::simulation {

namespace {

using namespace persistence;

class appender final : public event_appender {
public:
  explicit appender(memory_store& store) : store_{store} {}

  result<std::vector<appended_group>> append(std::span<const event_group> groups,
                                             std::int64_t catalog_revision) override {
    return store_.call<result<std::vector<appended_group>>>(
        "append", [&] { return store_.rows().append(groups, catalog_revision); });
  }

private:
  memory_store& store_;
};

class recorder final : public outcome_recorder {
public:
  explicit recorder(memory_store& store) : store_{store} {}

  result<std::vector<record_status>> record(std::string_view node,
                                            std::span<const outcome> outcomes) override {
    return store_.call<result<std::vector<record_status>>>("record", [&] {
      auto statuses = store_.rows().record(node, outcomes, store_.around().true_time());
      for (std::size_t index = 0; index < statuses.size(); ++index) {
        if (statuses[index] == record_status::recorded)
          store_.around().on_recorded(outcomes[index].delivery);
      }
      return statuses;
    });
  }

  result<std::vector<record_status>> record_health(
      std::string_view node, std::span<const health_change> changes) override {
    return store_.call<result<std::vector<record_status>>>(
        "record_health", [&] { return store_.rows().record_health(node, changes); });
  }

private:
  memory_store& store_;
};

class messages_out final : public outbox {
public:
  explicit messages_out(memory_store& store) : store_{store} {}

  result<std::vector<untold_event>> first(std::size_t events_max) override {
    return store_.call<result<std::vector<untold_event>>>(
        "outbox_first", [&] { return store_.rows().untold(events_max); });
  }

  result<void> remove(std::span<const domain::uuid> ids) override {
    return store_.call<result<void>>("outbox_remove", [&] {
      store_.rows().forget(ids);
      return result<void>{};
    });
  }

private:
  memory_store& store_;
};

class reader final : public queue_reader {
public:
  explicit reader(memory_store& store) : store_{store} {}

  result<pending_page> page(const pending_query& wanted) override {
    return store_.call<result<pending_page>>("page", [&] { return store_.rows().page(wanted); });
  }

  result<std::vector<subscription_number>> due_subscriptions(std::span<const shard_id>,
                                                             timestamp after,
                                                             timestamp until) override {
    return store_.call<result<std::vector<subscription_number>>>(
        "sweep", [&] { return store_.rows().due_subscriptions(after, until); });
  }

private:
  memory_store& store_;
};

class ownership final : public shard_ownership {
public:
  explicit ownership(memory_store& store) : store_{store} {}

  /// A process that cannot claim does not start, so that this never fails.
  result<std::vector<owned_shard>> claim_all(std::string_view node) override {
    return store_.rows().claim_all(node);
  }

private:
  memory_store& store_;
};

class subscriptions final : public absent_catalog {
public:
  explicit subscriptions(memory_store& store) : store_{store} {}

  result<domain::subscription> find_subscription(subscription_number number) override {
    return store_.call<result<domain::subscription>>(
        "find_subscription", [&]() -> result<domain::subscription> {
          const auto* found = store_.rows().find(number);
          if (found == nullptr)
            return domain::fail(domain::ec::not_found, "there is none");
          return *found;
        });
  }

  result<std::int64_t> each_subscription(
      const std::function<void(const domain::subscription&)>& visit) override {
    return store_.call<result<std::int64_t>>("each_subscription", [&] {
      for (const auto& [number, subscription] : store_.rows().subscriptions())
        visit(subscription);
      return store_.rows().revision();
    });
  }

  result<domain::priority_set> paused_queues() override { return domain::priority_set{}; }

  result<catalog_changes> changes_since(std::int64_t revision) override {
    return store_.call<result<catalog_changes>>(
        "changes_since", [&] { return store_.rows().changes_since(revision); });
  }

private:
  memory_store& store_;
};

}  // namespace

std::unique_ptr<event_appender> memory_store::open_event_appender() {
  return std::make_unique<appender>(*this);
}
std::unique_ptr<outcome_recorder> memory_store::open_outcome_recorder() {
  return std::make_unique<recorder>(*this);
}
std::unique_ptr<outbox> memory_store::open_outbox() {
  return std::make_unique<messages_out>(*this);
}
std::unique_ptr<queue_reader> memory_store::open_queue_reader() {
  return std::make_unique<reader>(*this);
}
std::unique_ptr<shard_ownership> memory_store::open_shard_ownership() {
  return std::make_unique<ownership>(*this);
}
std::unique_ptr<catalog> memory_store::open_catalog() {
  return std::make_unique<subscriptions>(*this);
}
std::unique_ptr<history> memory_store::open_history() {
  return std::make_unique<absent_history>();
}
std::unique_ptr<recoveries> memory_store::open_recoveries() {
  return std::make_unique<absent_recoveries>();
}
std::unique_ptr<upkeep> memory_store::open_upkeep() {
  return std::make_unique<idle_upkeep>();
}

}  // namespace talaria::simulation
