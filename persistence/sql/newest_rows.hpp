#pragma once

#include "persistence/tenant.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace talaria::persistence::sql {

/// Merges streams that each come newest first into one page, in memory for one page.
///
/// Once it is full, `oldest` tells the next stream where to stop: of a thousand streams all but the
/// first few are then read for next to nothing.
template <class Id, class Row>
class newest_rows {
public:
  /// @param limit Rows of the page; one more is kept, to learn whether more follow.
  explicit newest_rows(std::size_t limit) : limit_{limit} {}

  void add(const Id& id, Row row) {
    rows_.emplace(id, std::move(row));
    if (rows_.size() > limit_ + 1)
      rows_.erase(std::prev(rows_.end()));
  }

  /// Older rows than this have no place any more.
  std::optional<Id> oldest() const {
    if (rows_.size() <= limit_)
      return std::nullopt;
    return rows_.rbegin()->first;
  }

  bool has_place_for(const Id& id) const { return rows_.size() <= limit_ || *oldest() < id; }

  page_of<Row> take_page() {
    page_of<Row> page;
    page.more = rows_.size() > limit_;
    for (auto& [id, row] : rows_) {
      if (page.rows.size() < limit_)
        page.rows.push_back(std::move(row));
    }
    return page;
  }

private:
  std::size_t limit_;
  std::map<Id, Row, std::greater<>> rows_;
};

}  // namespace talaria::persistence::sql
