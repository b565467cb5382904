#include "persistence/postgres/postgres_store.hpp"

#include "persistence/postgres/conninfo.hpp"
#include "persistence/postgres/database.hpp"
#include "persistence/postgres/event_appender.hpp"
#include "persistence/postgres/membership.hpp"
#include "persistence/postgres/migrator.hpp"
#include "persistence/postgres/outcome_recorder.hpp"
#include "persistence/postgres/shard_ownership.hpp"
#include "persistence/postgres/upkeep.hpp"
#include "persistence/sql/catalog.hpp"
#include "persistence/sql/event_types.hpp"
#include "persistence/sql/history.hpp"
#include "persistence/sql/outbox.hpp"
#include "persistence/sql/queue_reader.hpp"
#include "persistence/sql/recoveries.hpp"
#include "persistence/sql/request_log.hpp"
#include "persistence/sql/tenants.hpp"

namespace talaria::persistence::postgres {

namespace {

/// The server ends a statement a little before the guard would end its connection.
constexpr statement_limits quick_limits{std::chrono::milliseconds{1'000},
                                        std::chrono::milliseconds{900}};
constexpr statement_limits patient_limits{std::chrono::milliseconds{10'000},
                                          std::chrono::milliseconds{2'000}};

class postgres_store : public store {
public:
  postgres_store(const settings& settings, const store_options& options)
      : database_{settings},
        retention_{options.retention},
        secrets_{options.secrets},
        interruption_{options.interruption} {}

  std::unique_ptr<persistence::event_appender> open_event_appender() override {
    return std::make_unique<event_appender>(database_);
  }
  std::unique_ptr<persistence::outcome_recorder> open_outcome_recorder() override {
    return std::make_unique<outcome_recorder>(database_);
  }
  std::unique_ptr<persistence::outbox> open_outbox() override {
    return std::make_unique<sql::outbox>(database_.open_access());
  }
  std::unique_ptr<persistence::queue_reader> open_queue_reader() override {
    return std::make_unique<sql::queue_reader>(database_.open_patient_access());
  }
  std::unique_ptr<persistence::shard_ownership> open_shard_ownership() override {
    return std::make_unique<shard_ownership>(database_, interruption_);
  }
  std::unique_ptr<persistence::membership> open_membership() override {
    return std::make_unique<membership>(database_, interruption_);
  }
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
    return std::make_unique<sql::history>(database_.open_patient_access(), retention_);
  }
  std::unique_ptr<persistence::recoveries> open_recoveries() override {
    return std::make_unique<sql::recoveries>(database_.open_patient_access(), retention_);
  }
  std::unique_ptr<persistence::upkeep> open_upkeep() override {
    return std::make_unique<upkeep>(database_);
  }

  result<void> probe() override { return database_.probe(); }

  result<void> check(bool accept_data_loss) {
    if (auto current = require_current_schema(database_); !current || accept_data_loss)
      return current;
    return require_durability(database_);
  }

private:
  database database_;
  const retention_clock retention_;
  const domain::secret_box secrets_;
  const store_interruption interruption_;
};

result<settings> to_settings(const store_options& options) {
  settings made;
  made.interruption = options.interruption;
  const auto primary = to_conninfo(options.url, quick_limits);
  if (!primary)
    return tl::unexpected(primary.error());
  made.primary = *primary;
  made.primary_patient = *to_conninfo(options.url, patient_limits);
  for (const auto& url : options.read_urls) {
    const auto replica = to_conninfo(url, patient_limits);
    if (!replica)
      return tl::unexpected(replica.error());
    made.replicas.push_back(*replica);
  }
  return made;
}

}  // namespace

result<std::unique_ptr<store>> open(const store_options& options) {
  const auto settings = to_settings(options);
  if (!settings)
    return tl::unexpected(settings.error());
  auto opened = std::make_unique<postgres_store>(*settings, options);
  if (auto good = opened->check(options.accept_data_loss); !good)
    return tl::unexpected(good.error());
  return opened;
}

}  // namespace talaria::persistence::postgres
