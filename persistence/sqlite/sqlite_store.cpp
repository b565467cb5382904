#include "persistence/sqlite/sqlite_store.hpp"

#include "persistence/sql/catalog.hpp"
#include "persistence/sql/event_types.hpp"
#include "persistence/sql/history.hpp"
#include "persistence/sql/outbox.hpp"
#include "persistence/sql/queue_reader.hpp"
#include "persistence/sql/recoveries.hpp"
#include "persistence/sql/request_log.hpp"
#include "persistence/sql/tenants.hpp"
#include "persistence/sqlite/database.hpp"
#include "persistence/sqlite/event_appender.hpp"
#include "persistence/sqlite/migrator.hpp"
#include "persistence/sqlite/outcome_recorder.hpp"
#include "persistence/sqlite/shard_ownership.hpp"
#include "persistence/sqlite/upkeep.hpp"

namespace talaria::persistence::sqlite {

namespace {

class sqlite_store : public store {
public:
  sqlite_store(const settings& settings, const store_options& options)
      : database_{settings},
        retention_{options.retention},
        secrets_{options.secrets},
        interruption_{options.interruption} {}

  std::unique_ptr<persistence::event_appender> open_event_appender() override {
    return std::make_unique<event_appender>(database_.open_access());
  }
  std::unique_ptr<persistence::outcome_recorder> open_outcome_recorder() override {
    return std::make_unique<outcome_recorder>(database_.open_access());
  }
  std::unique_ptr<persistence::outbox> open_outbox() override {
    return std::make_unique<sql::outbox>(database_.open_access());
  }
  std::unique_ptr<persistence::queue_reader> open_queue_reader() override {
    return std::make_unique<sql::queue_reader>(database_.open_access());
  }
  std::unique_ptr<persistence::shard_ownership> open_shard_ownership() override {
    return std::make_unique<shard_ownership>(database_.open_access(), interruption_);
  }
  std::unique_ptr<persistence::membership> open_membership() override { return nullptr; }
  std::unique_ptr<persistence::catalog> open_catalog() override {
    return std::make_unique<sql::catalog>(database_.open_access(), secrets_);
  }
  std::unique_ptr<persistence::tenants> open_tenants() override {
    return std::make_unique<sql::tenants>(database_.open_access());
  }
  std::unique_ptr<persistence::event_types> open_event_types() override {
    return std::make_unique<sql::event_types>(database_.open_access());
  }
  std::unique_ptr<persistence::request_log> open_request_log() override {
    return std::make_unique<sql::request_log>(database_.open_access());
  }
  std::unique_ptr<persistence::history> open_history() override {
    return std::make_unique<sql::history>(database_.open_access(), retention_);
  }
  std::unique_ptr<persistence::recoveries> open_recoveries() override {
    return std::make_unique<sql::recoveries>(database_.open_access(), retention_);
  }
  std::unique_ptr<persistence::upkeep> open_upkeep() override {
    return std::make_unique<upkeep>(database_.open_access());
  }

  result<void> probe() override { return database_.probe(); }

private:
  database database_;
  const retention_clock retention_;
  const domain::secret_box secrets_;
  const store_interruption interruption_;
};

}  // namespace

result<std::unique_ptr<store>> open(const settings& settings, const store_options& options) {
  if (auto current = require_current_schema(settings); !current)
    return tl::unexpected(current.error());
  return std::make_unique<sqlite_store>(settings, options);
}

}  // namespace talaria::persistence::sqlite
