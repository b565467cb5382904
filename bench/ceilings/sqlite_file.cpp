#include "bench/ceilings/sqlite_file.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace talaria::bench {

namespace {

[[noreturn]] void refuse(int code) {
  throw std::runtime_error(fmt::format("SQLite: {}", sqlite3_errstr(code)));
}

void check(int code) {
  if (code != SQLITE_OK)
    refuse(code);
}

}  // namespace

sqlite_file::sqlite_file(const std::filesystem::path& path) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open(path.c_str(), &opened);
  file_.reset(opened);
  check(code);
  run("pragma journal_mode = wal");
  run("pragma synchronous = full");
  run("pragma cache_size = -16384");
  run("pragma wal_autocheckpoint = 4000");
  run("pragma secure_delete = fast");
}

void sqlite_file::run(const char* sql) {
  check(sqlite3_exec(file_.get(), sql, nullptr, nullptr, nullptr));
}

sqlite_file::statement::statement(sqlite_file& file, const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  check(sqlite3_prepare_v2(file.file_.get(), sql, -1, &prepared, nullptr));
  prepared_.reset(prepared);
}

sqlite_file::statement& sqlite_file::statement::blob(std::string_view bytes) {
  check(sqlite3_bind_blob64(prepared_.get(), ++bound_, bytes.data(), bytes.size(), SQLITE_STATIC));
  return *this;
}

sqlite_file::statement& sqlite_file::statement::text(std::string_view text) {
  check(sqlite3_bind_text64(prepared_.get(), ++bound_, text.data(), text.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
  return *this;
}

sqlite_file::statement& sqlite_file::statement::number(std::int64_t number) {
  check(sqlite3_bind_int64(prepared_.get(), ++bound_, number));
  return *this;
}

void sqlite_file::statement::run() {
  const int code = sqlite3_step(prepared_.get());
  sqlite3_reset(prepared_.get());
  bound_ = 0;
  if (code != SQLITE_DONE)
    refuse(code);
}

}  // namespace talaria::bench
