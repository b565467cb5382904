#pragma once

#include "persistence/store.hpp"
#include "tests/simulation/memory_rows.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace talaria::simulation {

/// What becomes of a call of the store.
enum class store_fault : std::uint8_t {
  none,
  refuse,        ///< nothing is done, and the caller is told so
  lose_answer,   ///< it is committed, and the caller told that nobody knows
  crash_before,  ///< the caller's actor dies before the commit
  crash_after,   ///< ... and after it, before anybody was told
};

/// Thrown into an actor: it dies of it.
struct crash : std::runtime_error {
  crash() : std::runtime_error{"crash on purpose"} {}
};

/// How one process sees the rows that outlive it.
///
/// Has what the actors use; everything else answers `ec::store_unavailable`.
class memory_store final : public persistence::store {
public:
  struct surroundings {
    /// What becomes of the next call.
    std::function<store_fault(std::string_view call)> draw_fault;
    /// By no node's clock.
    std::function<domain::timestamp()> true_time;
    /// Told of every commit of attempts.
    std::function<void(const domain::delivery_id&)> on_recorded;
  };

  memory_store(memory_rows& rows, surroundings around) : rows_{rows}, around_{std::move(around)} {}

  /// Whatever is still called, by whoever survived the process, changes nothing any more.
  void process_died() { alive_ = false; }

  memory_rows& rows() { return rows_; }
  const surroundings& around() const { return around_; }

  /// A call that may fail.
  template <class Result, class Body>
  Result call(std::string_view name, Body body) {
    const auto fault = alive_ ? around_.draw_fault(name) : store_fault::refuse;
    if (fault == store_fault::crash_before)
      throw crash{};
    if (fault == store_fault::refuse)
      return unavailable();
    Result done = body();
    if (fault == store_fault::crash_after)
      throw crash{};
    if (fault == store_fault::lose_answer)
      return unavailable();
    return done;
  }

  static tl::unexpected<domain::error> unavailable() {
    return domain::fail(domain::ec::store_unavailable, "so it was drawn");
  }

  std::unique_ptr<persistence::event_appender> open_event_appender() override;
  std::unique_ptr<persistence::outcome_recorder> open_outcome_recorder() override;
  std::unique_ptr<persistence::outbox> open_outbox() override;
  std::unique_ptr<persistence::queue_reader> open_queue_reader() override;
  std::unique_ptr<persistence::shard_ownership> open_shard_ownership() override;
  std::unique_ptr<persistence::membership> open_membership() override { return nullptr; }
  std::unique_ptr<persistence::catalog> open_catalog() override;
  std::unique_ptr<persistence::tenants> open_tenants() override { return nullptr; }
  std::unique_ptr<persistence::event_types> open_event_types() override { return nullptr; }
  std::unique_ptr<persistence::request_log> open_request_log() override { return nullptr; }
  std::unique_ptr<persistence::history> open_history() override;
  std::unique_ptr<persistence::recoveries> open_recoveries() override;
  std::unique_ptr<persistence::upkeep> open_upkeep() override;
  persistence::result<void> probe() override { return {}; }

private:
  memory_rows& rows_;
  surroundings around_;
  bool alive_ = true;
};

}  // namespace talaria::simulation
