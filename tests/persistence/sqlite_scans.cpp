#include "tests/persistence/sqlite_scans.hpp"

#include <sqlite3.h>

#include <map>
#include <mutex>

namespace talaria::persistence::test {

namespace {

std::mutex mutex;
/// Steps through whole tables, by statement.
std::map<std::string, int> steps_seen;

int note(unsigned /*event*/, void* /*context*/, void* finished, void* /*nanoseconds*/) {
  auto* statement = static_cast<sqlite3_stmt*>(finished);
  const std::lock_guard guard{mutex};
  steps_seen[sqlite3_sql(statement)] +=
      sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
  return 0;
}

int watch_connection(sqlite3* connection, char** /*fault*/, const sqlite3_api_routines* /*api*/) {
  return sqlite3_trace_v2(connection, SQLITE_TRACE_PROFILE, note, nullptr);
}

/// SQLite takes the entry point of an extension as a function without parameters.
using entry_point = void (*)();
const auto entry = reinterpret_cast<entry_point>(watch_connection);

}  // namespace

statement_watch::statement_watch() {
  const std::lock_guard guard{mutex};
  steps_seen.clear();
  sqlite3_auto_extension(entry);
}

statement_watch::~statement_watch() {
  sqlite3_cancel_auto_extension(entry);
}

std::size_t statement_watch::statements_seen() const {
  const std::lock_guard guard{mutex};
  return steps_seen.size();
}

std::vector<std::string> statement_watch::full_scans() const {
  const std::lock_guard guard{mutex};
  std::vector<std::string> scans;
  for (const auto& [statement, steps] : steps_seen) {
    if (steps > 0)
      scans.push_back(std::to_string(steps) + " steps: " + statement);
  }
  return scans;
}

}  // namespace talaria::persistence::test
