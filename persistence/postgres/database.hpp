#pragma once

#include "persistence/postgres/availability.hpp"
#include "persistence/postgres/connector.hpp"
#include "persistence/postgres/stall_guard.hpp"
#include "persistence/sql/access.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace talaria::persistence::postgres {

/// The conninfos of a primary, with bounds for two kinds of work, and of its replicas.
struct settings {
  std::string primary;
  std::string primary_patient;
  std::vector<std::string> replicas;
  store_interruption interruption{};
};

/// The servers as all sessions of a store share them. Each session has connections of its own.
class database {
public:
  explicit database(const settings& settings);

  /// For what clients and deliveries wait for: a call ends within about a second.
  connector& quick() { return quick_; }
  /// For reads of many rows and for upkeep.
  connector& patient() { return patient_; }

  /// A way to it for one session of the store. The database must outlive it.
  std::unique_ptr<sql::access> open_access();
  /// The same for upkeep.
  std::unique_ptr<sql::access> open_patient_access();

  /// A number that no other caller gets.
  int next_lane() { return lanes_.fetch_add(1, std::memory_order_relaxed); }

  domain::result<void> probe();

private:
  class access;

  /// Writes one row, whether or not the breaker is open.
  domain::result<void> probe_server();

  stall_guard guard_;
  connector prober_connector_;
  sql::connection prober_{prober_connector_};
  std::mutex prober_mutex_;
  availability availability_;
  connector quick_;
  connector patient_;
  std::vector<std::unique_ptr<availability>> replicas_available_;
  std::vector<std::unique_ptr<connector>> replicas_;
  std::atomic<std::size_t> next_replica_{0};
  std::atomic<int> lanes_{0};
};

}  // namespace talaria::persistence::postgres
