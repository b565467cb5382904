#include "persistence/sqlite/database.hpp"

#include "persistence/sql/statement.hpp"

namespace talaria::persistence::sqlite {

namespace {

struct probe_statements {
  explicit probe_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;

  sql::command<> count{open, "update probes set count = count + 1 where id = 1"};
};

// A transaction that starts to write after it has read fails at once where another one writes.
constexpr auto begin_write = "begin immediate";

}  // namespace

class database::access : public sql::access {
public:
  explicit access(database& database) : database_{database}, reader_{database.connector_} {}

protected:
  sql::connection& reader() override { return reader_; }

  void with_writer(const std::function<void(sql::connection&)>& use) override {
    const std::lock_guard turn{database_.turn_};
    use(database_.writer_);
  }

  const char* begin_read() const override { return "begin"; }
  const char* begin_write() const override { return sqlite::begin_write; }
  const char* begin_catalog_write() const override { return sqlite::begin_write; }

private:
  database& database_;
  sql::connection reader_;
};

std::unique_ptr<sql::access> database::open_access() {
  return std::make_unique<access>(*this);
}

domain::result<void> database::probe() {
  if (!turn_.try_lock_for(probe_wait_max))
    return domain::fail(domain::ec::store_unavailable, "SQLite: other writers take too long");
  const std::lock_guard turn{turn_, std::adopt_lock};
  return sql::in_transaction<probe_statements>(prober_, begin_write,
                                               [](probe_statements& sql) -> domain::result<void> {
                                                 sql.count();
                                                 return {};
                                               });
}

}  // namespace talaria::persistence::sqlite
