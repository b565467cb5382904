#pragma once

#include "domain/id.hpp"
#include "persistence/tenant.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

namespace talaria::persistence::sql {

/// By how much the time in an event's id may differ from when it was received: ranges of times are
/// read as ranges of ids, widened by this. Ids rise even where the clock steps back, so theirs may
/// be ahead of it.
inline constexpr std::chrono::minutes id_time_tolerance{10};

/// The id that rows of a page come before: above every id that is given, if there is no cursor.
inline domain::uuid before(const page_request& page) {
  domain::uuid highest;
  highest.bytes.fill(0xFF);
  return page.after.value_or(highest);
}

/// One more than the page holds, to learn whether more follow.
inline std::int64_t rows_wanted(const page_request& page) {
  return static_cast<std::int64_t>(page.limit) + 1;
}

/// Adds a row while there is room.
/// @returns whether to go on.
template <class Row>
bool add_row(page_of<Row>& page, Row row, const page_request& request) {
  if (page.rows.size() == request.limit) {
    page.more = true;
    return false;
  }
  page.rows.push_back(std::move(row));
  return true;
}

}  // namespace talaria::persistence::sql
