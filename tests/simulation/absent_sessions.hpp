#pragma once

#include "persistence/store.hpp"

/// Sessions of a store for what a simulation has none of.
namespace talaria::simulation {

inline tl::unexpected<domain::error> absent() {
  return domain::fail(domain::ec::store_unavailable, "the simulation has none of it");
}

/// Knows no subscription; to be derived from.
class absent_catalog : public persistence::catalog {
public:
  template <class T>
  using result = persistence::result<T>;
  using tenant = persistence::tenant;
  using page_request = persistence::page_request;

  void annotate(persistence::write_note) override {}
  result<bool> bootstrap(const domain::organization&, const domain::application&,
                         const domain::api_key&) override {
    return absent();
  }
  result<std::string> installation_key() override { return absent(); }
  result<std::size_t> ensure_system_applications(domain::timestamp,
                                                 const std::function<domain::uuid()>&) override {
    return absent();
  }
  result<void> insert_application(const domain::application&) override { return absent(); }
  result<domain::application> find_application(const tenant&,
                                               const domain::application_id&) override {
    return absent();
  }
  result<domain::application> find_application_by_name(const tenant&, std::string_view) override {
    return absent();
  }
  result<persistence::page_of<domain::application>> list_applications(
      const tenant&, const page_request&) override {
    return absent();
  }
  result<void> update_application(const tenant&, const domain::application&) override {
    return absent();
  }
  result<void> delete_application(const tenant&, const domain::application_id&,
                                  domain::timestamp) override {
    return absent();
  }
  result<void> set_queue_paused(domain::priority, bool) override { return absent(); }
  result<domain::subscription> insert_subscription(domain::subscription, std::uint32_t) override {
    return absent();
  }
  result<domain::subscription> find_subscription(const tenant&,
                                                 const domain::subscription_id&) override {
    return absent();
  }
  result<persistence::page_of<domain::subscription>> list_subscriptions(
      const tenant&, const page_request&) override {
    return absent();
  }
  result<domain::subscription> update_subscription(domain::subscription) override {
    return absent();
  }
  result<void> delete_subscription(const tenant&, const domain::subscription_id&,
                                   domain::timestamp) override {
    return absent();
  }
  result<std::vector<persistence::secret_key_use>> secret_key_uses() override { return absent(); }
  result<persistence::resealed_page> reseal_secrets(persistence::reseal_scope,
                                                    domain::subscription_number,
                                                    std::size_t) override {
    return absent();
  }
};

class absent_history final : public persistence::history {
public:
  template <class T>
  using result = persistence::result<T>;
  using tenant = persistence::tenant;
  using page_request = persistence::page_request;

  void annotate(persistence::write_note) override {}
  result<persistence::page_of<domain::event>> list_events(const tenant&,
                                                          const persistence::event_filter&,
                                                          const page_request&) override {
    return absent();
  }
  result<domain::event> find_event(const tenant&, const domain::event_id&) override {
    return absent();
  }
  result<persistence::page_of<persistence::delivery_row>> list_deliveries(
      const tenant&, const persistence::delivery_filter&, const page_request&) override {
    return absent();
  }
  result<persistence::delivery_row> find_delivery(const tenant&,
                                                  const domain::delivery_id&) override {
    return absent();
  }
  result<std::vector<domain::attempt>> list_attempts(const tenant&,
                                                     const domain::delivery_id&) override {
    return absent();
  }
  result<void> retry_delivery(const tenant&, const domain::delivery_id&,
                              domain::timestamp) override {
    return absent();
  }
  result<void> cancel_delivery(const tenant&, const domain::delivery_id&,
                               domain::timestamp) override {
    return absent();
  }
  result<std::vector<domain::subscription_number>> replay_event(const tenant&,
                                                                const domain::event_id&,
                                                                domain::timestamp) override {
    return absent();
  }
  /// Of no interest to a check.
  result<std::vector<persistence::queue_depth>> queue_depths() override {
    return std::vector<persistence::queue_depth>{};
  }
  result<std::uint32_t> count_pending(const domain::organization_id&, std::uint32_t) override {
    return absent();
  }
};

class absent_recoveries final : public persistence::recoveries {
public:
  template <class T>
  using result = persistence::result<T>;
  using tenant = persistence::tenant;

  void annotate(persistence::write_note) override {}
  result<domain::recovery> create(const tenant&, const domain::subscription_id&,
                                  const domain::recovery_id&, const domain::recovery_request&,
                                  domain::timestamp) override {
    return absent();
  }
  result<domain::recovery> find(const tenant&, const domain::subscription_id&,
                                const domain::recovery_id&) override {
    return absent();
  }
  result<persistence::page_of<domain::recovery>> list(const tenant&, const domain::subscription_id&,
                                                      const persistence::page_request&) override {
    return absent();
  }
  result<domain::recovery> cancel(const tenant&, const domain::subscription_id&,
                                  const domain::recovery_id&, domain::timestamp) override {
    return absent();
  }
  result<std::vector<domain::recovery>> running() override {
    return std::vector<domain::recovery>{};
  }
  result<domain::recovery> advance(const domain::recovery_id&, std::size_t,
                                   domain::timestamp) override {
    return absent();
  }
};

/// Nothing is ever past its time.
class idle_upkeep final : public persistence::upkeep {
public:
  template <class T>
  using result = persistence::result<T>;

  result<void> prepare(domain::timestamp) override { return {}; }
  result<std::size_t> cancel_orphans(domain::timestamp) override { return 0; }
  result<std::size_t> purge_idempotency_keys(domain::timestamp, std::size_t) override { return 0; }
  result<std::size_t> purge_creations(domain::timestamp, std::size_t) override { return 0; }
  result<std::size_t> purge_audit_entries(domain::timestamp, std::size_t) override { return 0; }
  result<std::size_t> purge_events(domain::timestamp, std::chrono::days, std::size_t) override {
    return 0;
  }
};

}  // namespace talaria::simulation
