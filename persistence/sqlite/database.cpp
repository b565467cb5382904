#include "persistence/sqlite/database.hpp"

#include "persistence/sqlite/statement.hpp"

namespace talaria::persistence::sqlite {

namespace {

struct probe_statements {
  explicit probe_statements(soci::session& session) : session{session} {}

  soci::session& session;

  command<> count{session, "update probes set count = count + 1 where id = 1"};
};

}  // namespace

domain::result<void> database::probe() {
  if (!turn_.try_lock_for(probe_wait_max))
    return domain::fail(domain::ec::store_unavailable, "SQLite: other writers take too long");
  const std::lock_guard turn{turn_, std::adopt_lock};
  return in_transaction<probe_statements>(prober_, "begin immediate",
                                          [](probe_statements& sql) -> domain::result<void> {
                                            sql.count();
                                            return {};
                                          });
}

}  // namespace talaria::persistence::sqlite
