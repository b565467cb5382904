#pragma once

#include "domain/secret_box.hpp"
#include "persistence/catalog.hpp"
#include "persistence/event_appender.hpp"
#include "persistence/event_types.hpp"
#include "persistence/history.hpp"
#include "persistence/interruption.hpp"
#include "persistence/membership.hpp"
#include "persistence/outbox.hpp"
#include "persistence/outcome_recorder.hpp"
#include "persistence/queue_reader.hpp"
#include "persistence/recoveries.hpp"
#include "persistence/request_log.hpp"
#include "persistence/retention_clock.hpp"
#include "persistence/tenants.hpp"
#include "persistence/upkeep.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::persistence {

/// Hands out sessions; what holds for all of them is in session.hpp.
class store {
public:
  virtual ~store() = default;

  virtual std::unique_ptr<event_appender> open_event_appender() = 0;
  virtual std::unique_ptr<outcome_recorder> open_outcome_recorder() = 0;
  virtual std::unique_ptr<outbox> open_outbox() = 0;
  virtual std::unique_ptr<queue_reader> open_queue_reader() = 0;
  virtual std::unique_ptr<shard_ownership> open_shard_ownership() = 0;
  /// Null if no other process can share the store.
  virtual std::unique_ptr<membership> open_membership() = 0;
  virtual std::unique_ptr<catalog> open_catalog() = 0;
  virtual std::unique_ptr<tenants> open_tenants() = 0;
  virtual std::unique_ptr<event_types> open_event_types() = 0;
  virtual std::unique_ptr<request_log> open_request_log() = 0;
  virtual std::unique_ptr<history> open_history() = 0;
  virtual std::unique_ptr<recoveries> open_recoveries() = 0;
  virtual std::unique_ptr<upkeep> open_upkeep() = 0;

  /// Whether the store can be written at this moment; takes at most a second.
  virtual result<void> probe() = 0;
};

struct migration_report {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// Whether a store's URL names a database server, which several processes may share: otherwise it
/// names a file.
bool is_server_url(std::string_view url);

/// A store's URL without what must not be shown: its user, password and parameters.
std::string to_display(const std::string& url);

struct store_options {
  /// `sqlite:<file>`, or `postgresql://...` as libpq has it.
  std::string url;
  /// Replicas of a PostgreSQL server, which answer lists in turn, and may be a little behind.
  std::vector<std::string> read_urls;
  /// Open a PostgreSQL server although it may lose what it has committed.
  bool accept_data_loss = false;
  retention_clock retention{};
  /// Seals the secrets of subscriptions, bound to their ids. Without a key they are written in
  /// plain; what was written in plain is read in any case. Secrets that the box does not open are
  /// `ec::store_unavailable`.
  domain::secret_box secrets{};
  /// Thread-safe. Empty: nothing interrupts.
  store_interruption interruption{};
};

/// Opens a store, which must have the schema of this version, or a newer one that serves it.
/// @returns `ec::invalid_value` for a URL it does not know, `ec::schema_newer`,
/// `ec::store_unavailable`.
result<std::unique_ptr<store>> open_store(const store_options& options);
result<std::unique_ptr<store>> open_store(const std::string& url);

/// Brings the store's schema to this version; creates it if there is none. One that is newer and
/// serves this version stays as it is. Safe to run from several processes at once.
result<migration_report> migrate_store(const std::string& url);

}  // namespace talaria::persistence
