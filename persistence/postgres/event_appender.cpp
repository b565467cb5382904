#include "persistence/postgres/event_appender.hpp"

#include "persistence/postgres/native_statement.hpp"
#include "persistence/postgres/partitions.hpp"
#include "persistence/sql/idempotency.hpp"
#include "persistence/sql/subscription_numbers.hpp"
#include "persistence/sql/trace_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

namespace talaria::persistence::postgres {

namespace {

using domain::ec;
using type = array_parameter::type;

/// A call that waited longer in vain, for a lock most likely, is not repeated: what came in
/// meanwhile waits as well, and is to be answered within two seconds.
constexpr std::chrono::milliseconds repeated_within{500};

enum class places : std::uint8_t { none, some };

/// @param given Whether some of the deliveries have places in an order: then they are the last
/// parameter.
std::string insert_sql(bool stored_before, places given) {
  const bool has_places = given == places::some;
  // An event that is stored already keeps its deliveries: they may have ended since. It is locked,
  // so that there is something to commit: only such a commit waits for standbys, and the one that
  // stored the event may have been ended before any of them had it.
  return fmt::format(
      R"(
      with current as materialized (select from catalog_revision where revision <= $17::int8),
      stored as (
        insert into events(id, application_id, received_us, occurred_us, priority, event_type,
                           labels, fan_out, payload, traceparent, tracestate)
        select id, application_id, received_us, occurred_us, priority, event_type, labels,
               fan_out::int[], payload, traceparent, tracestate
        from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::int8[], $5::int2[], $6::text[],
                    $7::text[], $8::text[], $9::bytea[], $15::text[], $16::text[])
          as added(id, application_id, received_us, occurred_us, priority, event_type, labels,
                   fan_out, payload, traceparent, tracestate)
        where exists (select from current)
        {0}),
      queued as (
        insert into delivery_queue(subscription, event_id, due_us, shard, priority{2}, attempts,
                                   run_attempts)
        select subscription, event_id, due_us, shard, priority{2}, 0, 0
        from unnest($10::int4[], $11::uuid[], $12::int8[], $13::int2[], $14::int2[]{3})
          as pending(subscription, event_id, due_us, shard, priority{2})
        where exists (select from current) {1})
      select count(*) from current)",
      stored_before
          ? "on conflict (id) do update set fan_out = events.fan_out where false returning id"
          : "",
      stored_before ? "and event_id in (select id from stored)" : "",
      has_places ? ", sequence" : "", has_places ? ", $18::int8[]" : "");
}

/// In the order of the keys, so that appenders with the same keys wait for each other instead of
/// blocking each other.
constexpr auto claim_sql = R"(
    insert into idempotency_keys(application_id, key_hash, body_hash, event_id, used_us, expires_us)
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int8[], $6::int8[])
      as used(application_id, key_hash, body_hash, event_id, used_us, expires_us)
    order by application_id, key_hash
    on conflict (application_id, key_hash) do update
    set body_hash = excluded.body_hash, event_id = excluded.event_id, used_us = excluded.used_us,
        expires_us = excluded.expires_us
    where idempotency_keys.expires_us <= excluded.used_us
    returning application_id, key_hash)";

constexpr auto find_keys_sql = R"(
    select application_id, key_hash, body_hash, event_id, expires_us from idempotency_keys
    where (application_id, key_hash) in (select * from unnest($1::uuid[], $2::uuid[])))";

constexpr auto hand_over_keys_sql = R"(
    update idempotency_keys k
    set body_hash = used.body_hash, event_id = used.event_id, expires_us = used.expires_us
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int8[])
      as used(application_id, key_hash, body_hash, event_id, expires_us)
    where k.application_id = used.application_id and k.key_hash = used.key_hash)";

constexpr auto give_keys_back_sql = R"(
    delete from idempotency_keys
    where (application_id, key_hash) in (select * from unnest($1::uuid[], $2::uuid[])))";

/// Locks in the order of the subscriptions, so that appenders wait for each other instead of
/// blocking each other.
constexpr auto hold_sequences_sql = R"(
    select from subscription_sequences where subscription = any($1::int4[])
    order by subscription for update)";

constexpr auto give_places_sql = R"(
    update subscription_sequences s set last_sequence = s.last_sequence + wanted.places
    from unnest($1::int4[], $2::int8[]) as wanted(subscription, places)
    where s.subscription = wanted.subscription
    returning s.subscription, s.last_sequence)";

template <bool StoredBefore>
struct insert_statements {
  explicit insert_statements(const sql::open_session& open)
      : insert{open, insert_sql(StoredBefore, places::none)} {}

  native_statement insert;
};

struct transaction_statements {
  explicit transaction_statements(const sql::open_session& open)
      : claim{open, claim_sql},
        find{open, find_keys_sql},
        hand_over{open, hand_over_keys_sql},
        give_back{open, give_keys_back_sql},
        hold_sequences{open, hold_sequences_sql},
        give_places{open, give_places_sql},
        insert_new{open, insert_sql(false, places::some)},
        insert{open, insert_sql(true, places::some)} {}

  native_statement claim;
  native_statement find;
  native_statement hand_over;
  native_statement give_back;
  native_statement hold_sequences;
  native_statement give_places;
  native_statement insert_new;
  native_statement insert;
};

/// The next places of the ordered subscriptions among some events' targets, in the order of the
/// events. No other appender gives places of these subscriptions before this transaction has ended.
class place_giver {
public:
  place_giver(transaction_statements& sql, std::span<const new_event* const> events) {
    for (const auto* added : events) {
      for (const auto& target : added->fan_out) {
        if (target.ordering == domain::ordering::fifo)
          ++wanted_[target.subscription];
      }
    }
    if (!wanted_.empty())
      take(sql);
  }

  /// @returns nothing if the target is not ordered.
  std::optional<std::int64_t> next(const delivery_target& target) {
    const auto found = next_.find(target.subscription);
    if (target.ordering == domain::ordering::parallel || found == next_.end())
      return std::nullopt;
    return found->second++;
  }

private:
  void take(transaction_statements& sql) {
    array_parameter subscriptions{type::int4};
    array_parameter counts{type::int8};
    for (const auto& [number, count] : wanted_) {
      subscriptions.add(static_cast<std::int32_t>(domain::to_integer(number)));
      counts.add(count);
    }
    const std::array<std::string_view, 2> parameters{subscriptions.finish(), counts.finish()};
    sql.hold_sequences(std::span{parameters}.first(1));
    const auto given = sql.give_places(parameters);
    for (std::size_t row = 0; row < given.size(); ++row) {
      const subscription_number number{static_cast<std::uint32_t>(given.number(row, 0))};
      next_[number] = given.number(row, 1) - wanted_.at(number) + 1;
    }
  }

  std::map<subscription_number, std::int64_t> wanted_;
  std::map<subscription_number, std::int64_t> next_;
};

/// The rows of events and of their pending deliveries, as parameters of `insert_sql`.
class event_rows {
public:
  void add(const new_event& added, payload_encoder& encoder, place_giver& giver) {
    add(added, encoder);
    for (const auto& target : added.fan_out) {
      if (const auto place = giver.next(target))
        pending_sequence_.add(*place);
      else
        pending_sequence_.add_null();
    }
  }

  void add(const new_event& added, payload_encoder& encoder) {
    const auto& event = *added.event;
    id_.add(event.id.value);
    application_.add(event.application.value);
    received_.add(event.received_at);
    occurred_.add(event.occurred_at);
    priority_.add(static_cast<std::int16_t>(event.priority));
    type_.add(std::string_view{event.type});
    labels_.add(std::string_view{domain::to_json(event.labels)});
    fan_out_.add(std::string_view{
        sql::write_subscription_numbers(sql::numbers_of(added.fan_out), {'{', '}'})});
    payload_.add(encoder.encode(event.payload));
    add_trace(event);
    for (const auto& target : added.fan_out) {
      pending_subscription_.add(static_cast<std::int32_t>(domain::to_integer(target.subscription)));
      pending_event_.add(event.id.value);
      pending_due_.add(event.received_at);
      pending_shard_.add(static_cast<std::int16_t>(target.shard));
      pending_priority_.add(static_cast<std::int16_t>(target.priority.value_or(event.priority)));
    }
  }

  /// @param given As the statement was made with.
  /// @returns whether the catalogue has no newer revision; if it has, nothing was inserted.
  bool insert(native_statement& statement, std::int64_t catalog_revision, places given) {
    const auto revision = to_parameter(catalog_revision);
    const std::array<std::string_view, 18> parameters{id_.finish(),
                                                      application_.finish(),
                                                      received_.finish(),
                                                      occurred_.finish(),
                                                      priority_.finish(),
                                                      type_.finish(),
                                                      labels_.finish(),
                                                      fan_out_.finish(),
                                                      payload_.finish(),
                                                      pending_subscription_.finish(),
                                                      pending_event_.finish(),
                                                      pending_due_.finish(),
                                                      pending_shard_.finish(),
                                                      pending_priority_.finish(),
                                                      traceparent_.finish(),
                                                      tracestate_.finish(),
                                                      revision,
                                                      pending_sequence_.finish()};
    const auto used = given == places::some ? parameters.size() : parameters.size() - 1;
    return statement(std::span{parameters}.first(used)).number(0, 0) != 0;
  }

private:
  void add_trace(const domain::event& event) {
    const auto [parent, state] = sql::write_trace(event.trace);
    add_text(traceparent_, parent);
    add_text(tracestate_, state);
  }

  static void add_text(array_parameter& to, const std::optional<std::string>& text) {
    if (text)
      to.add(std::string_view{*text});
    else
      to.add_null();
  }

  array_parameter id_{type::uuid};
  array_parameter application_{type::uuid};
  array_parameter received_{type::int8};
  array_parameter occurred_{type::int8};
  array_parameter priority_{type::int2};
  array_parameter type_{type::text};
  array_parameter labels_{type::text};
  array_parameter fan_out_{type::text};
  array_parameter payload_{type::bytes};
  array_parameter traceparent_{type::text};
  array_parameter tracestate_{type::text};
  array_parameter pending_subscription_{type::int4};
  array_parameter pending_event_{type::uuid};
  array_parameter pending_due_{type::int8};
  array_parameter pending_shard_{type::int2};
  array_parameter pending_priority_{type::int2};
  array_parameter pending_sequence_{type::int8};
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

/// Names of keys, as parameters.
class key_rows {
public:
  void add(const sql::key_name& name) {
    application_.add(name.first.value);
    key_.add(name.second);
  }

  bool empty() const { return key_.size() == 0; }

  answer_rows run(native_statement& statement) {
    const std::array<std::string_view, 2> parameters{application_.finish(), key_.finish()};
    return statement(parameters);
  }

protected:
  array_parameter application_{type::uuid};
  array_parameter key_{type::uuid};
};

/// Uses of keys, as parameters.
class key_use_rows : public key_rows {
public:
  void add(const sql::key_name& name, const sql::key_use& use) {
    key_rows::add(name);
    body_.add(use.body_hash);
    event_.add(use.event.value);
    expires_.add(use.expires_at);
  }

  void run(native_statement& statement) {
    const std::array<std::string_view, 5> parameters{
        application_.finish(), key_.finish(), body_.finish(), event_.finish(), expires_.finish()};
    statement(parameters);
  }

private:
  array_parameter body_{type::uuid};
  array_parameter event_{type::uuid};
  array_parameter expires_{type::int8};
};

sql::key_name key_at(const answer_rows& rows, std::size_t row) {
  return {domain::application_id{rows.id(row, 0)}, rows.id(row, 1)};
}

/// The keys of a call, each for its first event, taken before it is known which of them are needed:
/// this is what other appenders with the same keys wait for.
class key_claims {
public:
  key_claims(transaction_statements& sql, std::span<const event_group> groups) : sql_{sql} {
    for (const auto& group : groups) {
      for (const auto& added : group.events)
        add(added);
    }
    if (wanted_.empty())
      return;
    claim();
    find_unclaimed();
  }

  /// Who used a key before this call.
  std::optional<sql::key_use> find(const sql::key_name& name) const {
    const auto found = found_.find(name);
    return found == found_.end() ? std::nullopt : std::optional{found->second};
  }

  /// Whether this very call, or a part of it, was made before.
  bool is_repetition() const {
    return std::ranges::any_of(
        found_, [&](const auto& stored) { return claimed_events_.contains(stored.second.event); });
  }

  /// Leaves each claimed key to the event that uses it, and frees those that none does.
  void settle(const std::map<sql::key_name, sql::key_use>& used) {
    key_use_rows handed_over;
    key_rows given_back;
    for (const auto& [name, use] : used) {
      if (!claimed_.contains(name) || wanted_.at(name).event != use.event)
        handed_over.add(name, use);
    }
    for (const auto& name : claimed_) {
      if (!used.contains(name))
        given_back.add(name);
    }
    if (!given_back.empty())
      given_back.run(sql_.give_back);
    if (!handed_over.empty())
      handed_over.run(sql_.hand_over);
  }

private:
  void add(const new_event& added) {
    if (!added.idempotent)
      return;
    const auto& event = *added.event;
    claimed_events_.insert(event.id);
    const sql::key_name name{event.application, added.idempotent->key_hash};
    const auto [known, is_new] = wanted_.try_emplace(
        name, sql::key_use{added.idempotent->body_hash, event.id, added.idempotent->expires_at});
    if (is_new)
      used_at_.emplace(name, event.received_at);
  }

  void claim() {
    array_parameter application{type::uuid};
    array_parameter key{type::uuid};
    array_parameter body{type::uuid};
    array_parameter event{type::uuid};
    array_parameter used{type::int8};
    array_parameter expires{type::int8};
    for (const auto& [name, use] : wanted_) {
      application.add(name.first.value);
      key.add(name.second);
      body.add(use.body_hash);
      event.add(use.event.value);
      used.add(used_at_.at(name));
      expires.add(use.expires_at);
    }
    const std::array<std::string_view, 6> parameters{application.finish(), key.finish(),
                                                     body.finish(),        event.finish(),
                                                     used.finish(),        expires.finish()};
    const auto claimed = sql_.claim(parameters);
    for (std::size_t row = 0; row < claimed.size(); ++row)
      claimed_.insert(key_at(claimed, row));
  }

  void find_unclaimed() {
    key_rows unclaimed;
    for (const auto& [name, use] : wanted_) {
      if (!claimed_.contains(name))
        unclaimed.add(name);
    }
    if (unclaimed.empty())
      return;
    const auto rows = unclaimed.run(sql_.find);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const timestamp expires{std::chrono::microseconds{rows.number(row, 4)}};
      found_.insert_or_assign(
          key_at(rows, row),
          sql::key_use{rows.id(row, 2), domain::event_id{rows.id(row, 3)}, expires});
    }
  }

  transaction_statements& sql_;
  std::map<sql::key_name, sql::key_use> wanted_;
  std::map<sql::key_name, timestamp> used_at_;
  std::set<domain::event_id> claimed_events_;
  std::set<sql::key_name> claimed_;
  std::map<sql::key_name, sql::key_use> found_;
};

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
    key_claims claims{sql, groups};
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
    place_giver giver{sql, accepted};
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
