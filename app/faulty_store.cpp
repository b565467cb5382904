#include "app/faulty_store.hpp"

#include "actors/fault_points.hpp"

#include <string_view>
#include <utility>

namespace talaria::app {

namespace {

namespace points = actors::fault_points;
using persistence::result;
using supervision::fault_injector;

auto unavailable() {
  return domain::fail(domain::ec::store_unavailable, "an injected fault");
}

/// Makes a call between its two points.
template <class Call>
auto between(fault_injector& faults, std::string_view before, std::string_view after, Call call)
    -> decltype(call()) {
  if (faults.reach(before))
    return unavailable();
  auto answer = call();
  if (answer && faults.reach(after))
    return unavailable();
  return answer;
}

template <class Call>
auto after(fault_injector& faults, std::string_view before, Call call) -> decltype(call()) {
  if (faults.reach(before))
    return unavailable();
  return call();
}

class faulty_appender : public persistence::event_appender {
public:
  faulty_appender(std::unique_ptr<persistence::event_appender> inner, fault_injector& faults)
      : inner_{std::move(inner)}, faults_{faults} {}

  result<std::vector<persistence::appended_group>> append(
      std::span<const persistence::event_group> groups, std::int64_t catalog_revision) override {
    return between(faults_, points::store_append_before, points::store_append_after,
                   [&] { return inner_->append(groups, catalog_revision); });
  }

private:
  std::unique_ptr<persistence::event_appender> inner_;
  fault_injector& faults_;
};

class faulty_recorder : public persistence::outcome_recorder {
public:
  faulty_recorder(std::unique_ptr<persistence::outcome_recorder> inner, fault_injector& faults)
      : inner_{std::move(inner)}, faults_{faults} {}

  result<std::vector<persistence::record_status>> record(
      std::string_view node, std::span<const persistence::outcome> outcomes) override {
    return between(faults_, points::store_record_before, points::store_record_after,
                   [&] { return inner_->record(node, outcomes); });
  }
  result<std::vector<persistence::record_status>> record_health(
      std::string_view node, std::span<const persistence::health_change> changes) override {
    return between(faults_, points::store_record_before, points::store_record_after,
                   [&] { return inner_->record_health(node, changes); });
  }

private:
  std::unique_ptr<persistence::outcome_recorder> inner_;
  fault_injector& faults_;
};

class faulty_reader : public persistence::queue_reader {
public:
  faulty_reader(std::unique_ptr<persistence::queue_reader> inner, fault_injector& faults)
      : inner_{std::move(inner)}, faults_{faults} {}

  result<persistence::pending_page> page(const persistence::pending_query& wanted) override {
    return after(faults_, points::store_read_before, [&] { return inner_->page(wanted); });
  }
  result<std::vector<persistence::subscription_number>> due_subscriptions(
      std::span<const persistence::shard_id> shards, persistence::timestamp from,
      persistence::timestamp until) override {
    return after(faults_, points::store_sweep_before,
                 [&] { return inner_->due_subscriptions(shards, from, until); });
  }

private:
  std::unique_ptr<persistence::queue_reader> inner_;
  fault_injector& faults_;
};

class faulty_store : public persistence::store {
public:
  faulty_store(std::unique_ptr<persistence::store> inner, fault_injector& faults)
      : inner_{std::move(inner)}, faults_{faults} {}

  std::unique_ptr<persistence::event_appender> open_event_appender() override {
    return std::make_unique<faulty_appender>(inner_->open_event_appender(), faults_);
  }
  std::unique_ptr<persistence::outcome_recorder> open_outcome_recorder() override {
    return std::make_unique<faulty_recorder>(inner_->open_outcome_recorder(), faults_);
  }
  std::unique_ptr<persistence::queue_reader> open_queue_reader() override {
    return std::make_unique<faulty_reader>(inner_->open_queue_reader(), faults_);
  }
  std::unique_ptr<persistence::outbox> open_outbox() override { return inner_->open_outbox(); }
  std::unique_ptr<persistence::shard_ownership> open_shard_ownership() override {
    return inner_->open_shard_ownership();
  }
  std::unique_ptr<persistence::membership> open_membership() override {
    return inner_->open_membership();
  }
  std::unique_ptr<persistence::catalog> open_catalog() override { return inner_->open_catalog(); }
  std::unique_ptr<persistence::tenants> open_tenants() override { return inner_->open_tenants(); }
  std::unique_ptr<persistence::event_types> open_event_types() override {
    return inner_->open_event_types();
  }
  std::unique_ptr<persistence::request_log> open_request_log() override {
    return inner_->open_request_log();
  }
  std::unique_ptr<persistence::history> open_history() override { return inner_->open_history(); }
  std::unique_ptr<persistence::recoveries> open_recoveries() override {
    return inner_->open_recoveries();
  }
  std::unique_ptr<persistence::upkeep> open_upkeep() override { return inner_->open_upkeep(); }
  result<void> probe() override { return inner_->probe(); }

private:
  std::unique_ptr<persistence::store> inner_;
  fault_injector& faults_;
};

std::string_view point_of(persistence::store_moment moment) {
  return moment == persistence::store_moment::shards_claimed ? points::store_claim_middle
                                                             : points::store_any_before;
}

}  // namespace

std::unique_ptr<persistence::store> make_faulty(std::unique_ptr<persistence::store> store,
                                                supervision::fault_injector& faults) {
  return std::make_unique<faulty_store>(std::move(store), faults);
}

persistence::store_interruption interrupt_by(supervision::fault_injector& faults) {
  return [&faults](persistence::store_moment moment) -> result<void> {
    if (faults.reach(point_of(moment)))
      return unavailable();
    return {};
  };
}

}  // namespace talaria::app
