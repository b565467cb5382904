#include "persistence/postgres/database.hpp"

#include "persistence/postgres/locks.hpp"
#include "persistence/sql/statement.hpp"

#include <fmt/format.h>

namespace talaria::persistence::postgres {

namespace {

/// Together with what a submission waited before, less than the two seconds within which it is to
/// be answered.
constexpr std::chrono::milliseconds quick_call_max{1'200};
constexpr std::chrono::milliseconds patient_call_max{12'000};

constexpr auto begin_read = "begin isolation level repeatable read read only";
constexpr auto begin_write = "begin";

struct probe_statements {
  explicit probe_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;

  sql::command<> count{open, "update probes set count = count + 1 where id = 1"};
};

struct ping_statements {
  explicit ping_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;

  sql::query<sql::row<int>()> one{open, "select 1"};
};

domain::result<void> write_probe(sql::connection& prober) {
  return sql::in_transaction<probe_statements>(prober, begin_write,
                                               [](probe_statements& sql) -> domain::result<void> {
                                                 sql.count();
                                                 return {};
                                               });
}

domain::result<void> ping(const std::string& conninfo, stall_guard& guard) {
  connector connector{conninfo, quick_call_max, guard, nullptr};
  sql::connection connection{connector};
  return sql::in_transaction<ping_statements>(connection, begin_read,
                                              [](ping_statements& sql) -> domain::result<void> {
                                                sql.one.value();
                                                return {};
                                              });
}

}  // namespace

class database::access : public sql::access {
public:
  access(connector& primary, connector& patient, std::vector<std::unique_ptr<connector>>& replicas,
         std::size_t first_replica)
      : primary_{primary}, patient_{patient} {
    for (std::size_t i = 0; i < replicas.size(); ++i)
      replicas_.push_back(
          std::make_unique<sql::connection>(*replicas[(first_replica + i) % replicas.size()]));
  }

protected:
  sql::connection& reader() override { return primary_; }

  void with_writer(const std::function<void(sql::connection&)>& use) override { use(primary_); }

  /// Too seldom for a connection that stays.
  void with_patient_writer(const std::function<void(sql::connection&)>& use) override {
    sql::connection patient{patient_};
    use(patient);
  }

  void with_late_reader(const std::function<bool(sql::connection&)>& use) override {
    for (const auto& replica : replicas_) {
      if (use(*replica))
        return;
    }
    use(primary_);
  }

  const char* begin_read() const override { return postgres::begin_read; }
  const char* begin_write() const override { return postgres::begin_write; }
  const char* begin_catalog_write() const override { return postgres::begin_catalog_write; }

private:
  sql::connection primary_;
  connector& patient_;
  std::vector<std::unique_ptr<sql::connection>> replicas_;
};

database::database(const settings& settings)
    : prober_connector_{settings.primary, quick_call_max, guard_, nullptr, settings.interruption},
      availability_{"PostgreSQL", [this] { return probe_server(); }},
      quick_{settings.primary, quick_call_max, guard_, &availability_, settings.interruption},
      patient_{settings.primary_patient, patient_call_max, guard_, &availability_,
               settings.interruption} {
  for (std::size_t i = 0; i < settings.replicas.size(); ++i) {
    const auto& conninfo = settings.replicas[i];
    replicas_available_.push_back(
        std::make_unique<availability>(fmt::format("PostgreSQL replica {}", i + 1),
                                       [this, conninfo] { return ping(conninfo, guard_); }));
    replicas_.push_back(std::make_unique<connector>(conninfo, patient_call_max, guard_,
                                                    replicas_available_.back().get(),
                                                    settings.interruption));
  }
}

std::unique_ptr<sql::access> database::open_access() {
  return std::make_unique<access>(quick_, patient_, replicas_,
                                  next_replica_.fetch_add(1, std::memory_order_relaxed));
}

std::unique_ptr<sql::access> database::open_patient_access() {
  return std::make_unique<access>(patient_, patient_, replicas_,
                                  next_replica_.fetch_add(1, std::memory_order_relaxed));
}

domain::result<void> database::probe_server() {
  const std::lock_guard lock{prober_mutex_};
  return write_probe(prober_);
}

domain::result<void> database::probe() {
  if (auto admitted = availability_.admit(); !admitted)
    return admitted;
  return probe_server();
}

}  // namespace talaria::persistence::postgres
