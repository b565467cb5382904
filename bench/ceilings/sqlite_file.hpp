#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace talaria::bench {

/// The least that makes SQLite's interface bearable. Throws std::runtime_error.
class sqlite_file {
public:
  /// Opens or makes the file, with the settings that Talaria uses: WAL, `synchronous=full`.
  explicit sqlite_file(const std::filesystem::path& path);

  void run(const char* sql);

  class statement {
  public:
    statement(sqlite_file& file, const char* sql);

    /// Values are bound in order, from the first parameter on; texts must live until `run`.
    statement& blob(std::string_view bytes);
    statement& text(std::string_view text);
    statement& number(std::int64_t number);
    /// Executes it, to be bound anew.
    void run();

  private:
    struct finalize {
      void operator()(sqlite3_stmt* prepared) const { sqlite3_finalize(prepared); }
    };
    std::unique_ptr<sqlite3_stmt, finalize> prepared_;
    int bound_ = 0;
  };

private:
  struct close {
    void operator()(sqlite3* file) const { sqlite3_close(file); }
  };
  std::unique_ptr<sqlite3, close> file_;
};

}  // namespace talaria::bench
