#include "persistence/postgres/event_appender.hpp"

#include "persistence/postgres/event_rows.hpp"
#include "persistence/postgres/key_claims.hpp"
#include "persistence/postgres/native_statement.hpp"
#include "persistence/postgres/partitions.hpp"
#include "persistence/postgres/place_giver.hpp"
#include "persistence/sql/idempotency.hpp"

#include <algorithm>
#include <chrono>

namespace talaria::persistence::postgres {

namespace {

using domain::ec;

/// A call that waited longer in vain, for a lock most likely, is not repeated: what came in
/// meanwhile waits as well, and is to be answered within two seconds.
constexpr std::chrono::milliseconds repeated_within{500};

template <bool StoredBefore>
struct insert_statements {
  explicit insert_statements(const sql::open_session& open)
      : insert{open, insert_sql(StoredBefore, places::none)} {}

  native_statement insert;
};

struct transaction_statements {
  explicit transaction_statements(const sql::open_session& open)
      : keys{open},
        sequences{open},
        insert_new{open, insert_sql(false, places::some)},
        insert{open, insert_sql(true, places::some)} {}

  key_statements keys;
  place_statements sequences;
  native_statement insert_new;
  native_statement insert;
};

tl::unexpected<domain::error> catalog_changed() {
  return domain::fail(ec::catalog_changed, "the subscriptions changed meanwhile");
}

bool has_keys(std::span<const event_group> groups) {
  return std::ranges::any_of(groups, [](const event_group& group) {
    return std::ranges::any_of(group.events,
                               [](const new_event& added) { return added.idempotent.has_value(); });
  });
}

bool has_ordered_targets(std::span<const event_group> groups) {
  const auto is_ordered = [](const delivery_target& target) {
    return target.ordering == domain::ordering::fifo;
  };
  return std::ranges::any_of(groups, [&](const event_group& group) {
    return std::ranges::any_of(group.events, [&](const new_event& added) {
      return std::ranges::any_of(added.fan_out, is_ordered);
    });
  });
}

std::vector<appended_group> accept_all(std::span<const event_group> groups) {
  std::vector<appended_group> appended(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const auto& added : groups[i].events)
      appended[i].events.push_back({added.event->id, false});
  }
  return appended;
}

}  // namespace

result<std::vector<appended_group>> event_appender::append(std::span<const event_group> groups,
                                                           std::int64_t catalog_revision) {
  if (auto prepared = ensure_days(groups); !prepared)
    return tl::unexpected(prepared.error());
  const auto started = std::chrono::steady_clock::now();
  auto appended = append_once(groups, catalog_revision, false);
  if (appended ||
      (appended.error().code != ec::conflict && appended.error().code != ec::store_unavailable))
    return appended;
  const auto elapsed = std::chrono::steady_clock::now() - started;
  if (appended.error().code == ec::store_unavailable && elapsed > repeated_within)
    return appended;
  // Stored by an earlier call whose outcome was unknown, or the outcome of this one is: once more.
  // If the server is gone for longer, this is refused at once.
  auto repeated = append_once(groups, catalog_revision, true);
  return repeated ? repeated : appended;
}

result<void> event_appender::ensure_days(std::span<const event_group> groups) {
  for (const auto& group : groups) {
    for (const auto& added : group.events) {
      const auto date = day_of(added.event->id);
      if (known_days_.contains(date))
        continue;
      if (auto made = ensure_partitions(connection_, date, date); !made)
        return made;
      known_days_.insert(date);
    }
  }
  return {};
}

result<std::vector<appended_group>> event_appender::append_once(std::span<const event_group> groups,
                                                                std::int64_t catalog_revision,
                                                                bool stored_before) {
  if (has_keys(groups) || has_ordered_targets(groups))
    return append_in_transaction(groups, catalog_revision, stored_before);
  event_rows rows;
  for (const auto& group : groups) {
    for (const auto& added : group.events)
      rows.add(added, encoder_);
  }
  const auto insert = [&](auto& sql) -> result<std::vector<appended_group>> {
    if (!rows.insert(sql.insert, catalog_revision, places::none))
      return catalog_changed();
    return accept_all(groups);
  };
  return stored_before
             ? sql::in_transaction<insert_statements<true>>(connection_, nullptr, insert)
             : sql::in_transaction<insert_statements<false>>(connection_, nullptr, insert);
}

result<std::vector<appended_group>> event_appender::append_in_transaction(
    std::span<const event_group> groups, std::int64_t catalog_revision, bool stored_before) {
  const auto work = [&](transaction_statements& sql) -> result<std::vector<appended_group>> {
    key_claims claims{sql.keys, groups};
    sql::group_decisions decisions{[&](const sql::key_name& name) { return claims.find(name); }};
    std::vector<appended_group> appended;
    std::vector<const new_event*> accepted;
    for (const auto& group : groups) {
      appended.push_back(decisions.decide(group));
      const auto& decision = appended.back();
      for (std::size_t i = 0; i < decision.events.size(); ++i) {
        if (!decision.events[i].duplicate)
          accepted.push_back(&group.events[i]);
      }
    }
    place_giver giver{sql.sequences, accepted};
    event_rows rows;
    for (const auto* added : accepted)
      rows.add(*added, encoder_, giver);
    auto& insert = stored_before || claims.is_repetition() ? sql.insert : sql.insert_new;
    if (!rows.insert(insert, catalog_revision, places::some))
      return catalog_changed();
    claims.settle(decisions.used());
    return appended;
  };
  return sql::in_transaction<transaction_statements>(connection_, "begin", work);
}

}  // namespace talaria::persistence::postgres
