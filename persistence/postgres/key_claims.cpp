#include "persistence/postgres/key_claims.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace talaria::persistence::postgres {

namespace {

using type = array_parameter::type;

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

}  // namespace

key_statements::key_statements(const sql::open_session& open)
    : claim{open, claim_sql},
      find{open, find_keys_sql},
      hand_over{open, hand_over_keys_sql},
      give_back{open, give_keys_back_sql} {
}

key_claims::key_claims(key_statements& sql, std::span<const event_group> groups) : sql_{sql} {
  for (const auto& group : groups) {
    for (const auto& added : group.events)
      add(added);
  }
  if (wanted_.empty())
    return;
  claim();
  find_unclaimed();
}

std::optional<sql::key_use> key_claims::find(const sql::key_name& name) const {
  const auto found = found_.find(name);
  return found == found_.end() ? std::nullopt : std::optional{found->second};
}

bool key_claims::is_repetition() const {
  return std::ranges::any_of(
      found_, [&](const auto& stored) { return claimed_events_.contains(stored.second.event); });
}

void key_claims::settle(const std::map<sql::key_name, sql::key_use>& used) {
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

void key_claims::add(const new_event& added) {
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

void key_claims::claim() {
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

void key_claims::find_unclaimed() {
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

}  // namespace talaria::persistence::postgres
