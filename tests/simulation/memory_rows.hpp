#pragma once

#include "domain/id.hpp"
#include "persistence/sql/idempotency.hpp"
#include "persistence/store.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace talaria::simulation {

/// A rule of the store, or of the product, that a negative control breaks: the checks must notice,
/// or they are worth nothing.
enum class sabotage : std::uint8_t {
  none,
  ack_before_commit,  ///< an append is answered first, and lost if the process dies then
  no_sweep,           ///< nobody finds due work that no actor knows of
  no_fence,           ///< outcomes of whoever was succeeded are taken
  no_revision_check,  ///< fan-outs of an older catalogue are taken
  no_place_check,     ///< an attempt is recorded a second time
};

/// Of everybody who submits and subscribes, and of the events that Talaria tells of itself.
inline constexpr domain::application_id application{{{1}}};
inline constexpr domain::application_id system_application{{{2}}};

struct queue_row {
  persistence::shard_id shard{};
  domain::timestamp due;
  std::uint32_t attempts = 0;
  std::uint32_t run_attempts = 0;
  domain::priority priority{};
  std::optional<std::uint64_t> sequence;
};

struct attempt_row {
  domain::delivery_id delivery;
  domain::attempt attempt;
  domain::delivery_status made = domain::delivery_status::pending;
  /// By the true clock, which no node has.
  domain::timestamp recorded_at;
};

/// What a store has: the disk that outlives every process. Each function is one transaction, with
/// the rules of the real stores; none fails by itself.
class memory_rows {
public:
  explicit memory_rows(enum sabotage broken) : broken_{broken} {}

  using statuses = std::vector<persistence::record_status>;

  persistence::result<std::vector<persistence::appended_group>> append(
      std::span<const persistence::event_group> groups, std::int64_t catalog_revision);
  /// Of an append that was answered before its commit: commits it, or loses it with its process.
  void settle();
  void lose_unsettled() { unsettled_.clear(); }
  bool is_ever_unsettled() const { return broken_ == sabotage::ack_before_commit; }

  statuses record(std::string_view node, std::span<const persistence::outcome> outcomes,
                  domain::timestamp true_time);
  statuses record_health(std::string_view node,
                         std::span<const persistence::health_change> changes);
  persistence::pending_page page(const persistence::pending_query& wanted) const;
  std::vector<domain::subscription_number> due_subscriptions(domain::timestamp after,
                                                             domain::timestamp until) const;
  std::vector<persistence::owned_shard> claim_all(std::string_view node);

  domain::subscription insert(domain::subscription fresh);
  /// Its pending deliveries are cancelled.
  void remove(domain::subscription_number number, domain::timestamp true_time);
  void set_paused(domain::subscription_number number, bool paused);
  persistence::catalog_changes changes_since(std::int64_t revision) const;
  /// Nullptr if it was deleted.
  const domain::subscription* find(domain::subscription_number number) const;

  /// Operational events that nobody has told yet.
  std::vector<persistence::untold_event> untold(std::size_t events_max) const;
  void forget(std::span<const domain::uuid> told);

  std::int64_t revision() const { return revision_; }
  const std::map<domain::subscription_number, domain::subscription>& subscriptions() const {
    return subscriptions_;
  }
  const std::map<domain::delivery_id, queue_row>& queue() const { return queue_; }
  const std::vector<attempt_row>& attempts() const { return attempts_; }
  /// Every delivery there ever was.
  const std::map<domain::delivery_id, domain::delivery_status>& deliveries() const {
    return deliveries_;
  }

private:
  void store(const persistence::new_event& added);
  bool admits(std::string_view node, persistence::fencing_epoch epoch) const;
  persistence::record_status record_one(std::string_view node, const persistence::outcome& made,
                                        domain::timestamp true_time);
  void end(const domain::delivery_id& delivery, domain::delivery_status status);
  void disable(domain::subscription_number number, domain::disabled_reason reason);
  void tell(const std::vector<domain::operational_event>& events);
  void touch(domain::subscription& changed) { changed.revision = ++revision_; }
  persistence::pending_delivery to_pending(const domain::delivery_id& id,
                                           const queue_row& row) const;

  enum sabotage broken_;
  std::vector<persistence::new_event> unsettled_;
  std::map<domain::event_id, std::shared_ptr<const domain::event>> events_;
  std::map<persistence::sql::key_name, persistence::sql::key_use> keys_;
  std::map<domain::delivery_id, queue_row> queue_;
  std::map<domain::delivery_id, domain::delivery_status> deliveries_;
  std::map<domain::subscription_number, std::uint64_t> sequences_;
  std::vector<attempt_row> attempts_;
  std::map<domain::subscription_number, domain::subscription> subscriptions_;
  std::map<domain::subscription_number, std::int64_t> deleted_;
  std::map<domain::uuid, domain::operational_event> outbox_;
  std::int64_t revision_ = 0;
  /// Of every shard: a Talaria of one node claims all of them at once.
  std::string owner_;
  std::int64_t epoch_ = 0;
};

}  // namespace talaria::simulation
