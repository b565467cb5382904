#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace talaria::persistence::test {

/// Watches every statement that runs on connections to SQLite opened while it lives. One at a time.
class statement_watch {
public:
  statement_watch();
  ~statement_watch();
  statement_watch(const statement_watch&) = delete;
  statement_watch& operator=(const statement_watch&) = delete;

  std::size_t statements_seen() const;

  /// The text of each statement that stepped through a whole table or index.
  std::vector<std::string> full_scans() const;
};

}  // namespace talaria::persistence::test
