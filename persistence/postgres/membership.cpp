#include "persistence/postgres/membership.hpp"

#include "persistence/postgres/native_statement.hpp"
#include "persistence/sql/statement.hpp"

#include <array>

namespace talaria::persistence::postgres {

namespace {

using sql::command;
using sql::open_session;
using sql::query;
using sql::row;

struct renewal_statements {
  explicit renewal_statements(const open_session& open) : open{open} {}

  open_session open;

  query<row<node_status>(std::string)> renew{open, R"(
      update nodes set renewals = renewals + 1
      where incarnation = :incarnation and status <> 2 returning status)"};
};

struct view_statements {
  explicit view_statements(const open_session& open) : open{open} {}

  open_session open;

  query<row<std::string, std::string, std::string, std::string, std::uint16_t, std::uint16_t,
            node_status, std::int64_t, timestamp>()>
      nodes{open, R"(
      select incarnation, name, address, version, protocol_min, protocol_max, status, renewals,
             joined_us
      from nodes where status <> 2 order by name)"};

  query<row<std::string, fencing_epoch>()> shards{open,
                                                  "select owner, epoch from shards order by id"};

  query<row<std::int64_t>()> revision{open, "select revision from catalog_revision"};
};

/// The end of a node, in an order that leaves no gap. Each of these is a statement of its own, and
/// so sees what the one before had to wait for.
///
/// Its row first: a lane is opened under a lock of it. Then its lanes, which waits for what is
/// being written. Then its shards.
struct burial_statements {
  explicit burial_statements(const open_session& open) : open{open} {}

  open_session open;

  command<std::string, std::int64_t> bury{open, R"(
      update nodes set status = 2, died_us = extract(epoch from clock_timestamp()) * 1000000
      where incarnation = :incarnation and renewals = :renewals and status <> 2)"};
  command<std::string> bury_anyway{open, R"(
      update nodes set status = 2, died_us = extract(epoch from clock_timestamp()) * 1000000
      where incarnation = :incarnation and status <> 2)"};
  command<std::string> end_lanes{open, "delete from lanes where incarnation = :incarnation"};
  command<std::string> free_shards{open, "update shards set owner = '' where owner = :incarnation"};

  void free_what_was_owned(const std::string& incarnation) {
    end_lanes(incarnation);
    free_shards(incarnation);
  }
};

struct join_statements {
  explicit join_statements(const open_session& open) : open{open} {}

  open_session open;
  burial_statements burials{open};

  query<row<std::string>(std::string)> namesakes{open, R"(
      select incarnation from nodes where name = :name and status <> 2)"};

  command<> forget_dead{open, R"(
      delete from nodes
      where status = 2
        and died_us < (extract(epoch from clock_timestamp()) - 86400) * 1000000)"};

  command<std::string, std::string, std::string, std::string, std::uint16_t, std::uint16_t,
          timestamp>
      enter{open, R"(
      insert into nodes(incarnation, name, address, version, protocol_min, protocol_max, status,
                        renewals, joined_us)
      values(:incarnation, :name, :address, :version, :protocol_min, :protocol_max, 0, 0, :now))"};

  command<> end_strange_lanes{open, R"(
      delete from lanes
      where not exists (select from nodes n where n.incarnation = lanes.incarnation
                                              and n.status <> 2))"};
  command<> free_strange_shards{open, R"(
      update shards set owner = ''
      where owner <> '' and not exists (select from nodes n where n.incarnation = shards.owner
                                                              and n.status <> 2))"};
};

/// Who opens a lane without being a node, which versions before nodes did, waits until all is
/// freed, or is waited for.
constexpr auto begin_join = "begin; lock table lanes in share row exclusive mode";

struct claim_statements {
  explicit claim_statements(const open_session& open) : open{open} {}

  open_session open;

  query<row<shard_id, fencing_epoch>(std::string, std::int64_t)> claim{open, R"(
      with claimant as materialized (
        select from nodes where incarnation = :incarnation and status = 0 for share),
      free as (
        select shards.id from shards
        where owner = '' and exists (select from claimant)
        order by random() limit :shards_max for update of shards skip locked)
      update shards set owner = :incarnation, epoch = epoch + 1 from free where shards.id = free.id
      returning shards.id, shards.epoch)"};
};

struct release_statements {
  explicit release_statements(const open_session& open)
      : open{open}, release{open, R"(
      update shards set owner = '' where id = any($1::int2[]) and owner = $2)"} {}

  open_session open;

  /// Waits for what holds a lane; what comes for one later knows only its former version.
  command<std::string> raise_lanes{
      open, "update lanes set version = version + 1 where incarnation = :incarnation"};

  native_statement release;
};

struct drain_statements {
  explicit drain_statements(const open_session& open) : open{open} {}

  open_session open;

  command<node_status, std::string> set{open, R"(
      update nodes set status = :status where name = :name and status <> 2)"};
};

struct lag_statements {
  explicit lag_statements(const open_session& open) : open{open} {}

  open_session open;

  query<row<std::string, timestamp>(timestamp)> oldest{open, R"(
      select shards.owner, min(due.due_us)
      from (select shard, due_us from delivery_queue where due_us <= :now
            order by due_us limit 10000) due
        join shards on shards.id = due.shard
      where shards.owner <> '' group by shards.owner order by shards.owner)"};
};

}  // namespace

result<void> membership::join(const node_row& node) {
  return sql::in_transaction<join_statements>(
      connection_, begin_join, [&](join_statements& sql) -> result<void> {
        std::vector<std::string> former;
        sql.namesakes.each([&](const std::string& incarnation) { former.push_back(incarnation); },
                           node.name);
        for (const auto& incarnation : former)
          sql.burials.bury_anyway(incarnation);
        sql.forget_dead();
        sql.enter(node.incarnation, node.name, node.address, node.version, node.protocol_min,
                  node.protocol_max, node.joined_at);
        sql.end_strange_lanes();
        sql.free_strange_shards();
        return {};
      });
}

result<node_status> membership::renew(std::string_view incarnation) {
  return sql::in_transaction<renewal_statements>(
      connection_, "begin", [&](renewal_statements& sql) -> result<node_status> {
        const auto renewed = sql.renew.first(std::string{incarnation});
        return renewed ? std::get<0>(*renewed) : node_status::dead;
      });
}

result<cluster_view> membership::look() {
  return sql::in_transaction<view_statements>(
      connection_, "begin isolation level repeatable read read only",
      [&](view_statements& sql) -> result<cluster_view> {
        cluster_view seen;
        sql.nodes.each([&](std::string& incarnation, std::string& name, std::string& address,
                           std::string& version, std::uint16_t protocol_min,
                           std::uint16_t protocol_max, node_status status, std::int64_t renewals,
                           timestamp joined_at) {
          seen.nodes.push_back({std::move(incarnation), std::move(name), std::move(address),
                                std::move(version), protocol_min, protocol_max, status, renewals,
                                joined_at});
        });
        seen.shards.reserve(shard_count);
        sql.shards.each([&](std::string& owner, fencing_epoch epoch) {
          seen.shards.push_back({std::move(owner), epoch});
        });
        seen.catalog_revision = sql.revision.value();
        return seen;
      });
}

result<std::vector<std::string>> membership::bury(std::span<const sighting> still) {
  return sql::in_transaction<burial_statements>(
      connection_, "begin", [&](burial_statements& sql) -> result<std::vector<std::string>> {
        std::vector<std::string> buried;
        for (const auto& seen : still) {
          if (sql.bury(seen.incarnation, seen.renewals) == 0)
            continue;
          sql.free_what_was_owned(seen.incarnation);
          buried.push_back(seen.incarnation);
        }
        return buried;
      });
}

result<std::vector<owned_shard>> membership::claim(std::string_view incarnation,
                                                   std::size_t shards_max) {
  return sql::in_transaction<claim_statements>(
      connection_, "begin", [&](claim_statements& sql) -> result<std::vector<owned_shard>> {
        std::vector<owned_shard> claimed;
        sql.claim.each(
            [&](shard_id shard, fencing_epoch epoch) {
              claimed.push_back({shard, epoch});
            },
            std::string{incarnation}, static_cast<std::int64_t>(shards_max));
        if (auto ended = sql::interrupt(interruption_, store_moment::shards_claimed); !ended)
          return tl::unexpected(std::move(ended.error()));
        return claimed;
      });
}

result<void> membership::release(std::string_view incarnation, std::span<const shard_id> shards) {
  array_parameter ids{array_parameter::type::int2};
  for (const auto shard : shards)
    ids.add(static_cast<std::int16_t>(shard));
  return sql::in_transaction<release_statements>(
      connection_, "begin", [&](release_statements& sql) -> result<void> {
        sql.raise_lanes(std::string{incarnation});
        const std::array<std::string_view, 2> parameters{ids.finish(), incarnation};
        sql.release(parameters);
        return {};
      });
}

result<void> membership::set_draining(std::string_view name, bool draining) {
  return sql::in_transaction<drain_statements>(
      connection_, "begin", [&](drain_statements& sql) -> result<void> {
        const auto status = draining ? node_status::draining : node_status::up;
        if (sql.set(status, std::string{name}) == 0)
          return domain::fail(domain::ec::not_found, "There is no node of this name.");
        return {};
      });
}

result<void> membership::leave(std::string_view incarnation) {
  return sql::in_transaction<burial_statements>(connection_, "begin",
                                                [&](burial_statements& sql) -> result<void> {
                                                  sql.bury_anyway(std::string{incarnation});
                                                  sql.free_what_was_owned(std::string{incarnation});
                                                  return {};
                                                });
}

result<std::vector<node_lag>> membership::lags(timestamp now) {
  return sql::in_transaction<lag_statements>(
      connection_, "begin", [&](lag_statements& sql) -> result<std::vector<node_lag>> {
        std::vector<node_lag> found;
        sql.oldest.each(
            [&](std::string& incarnation, timestamp due) {
              found.push_back({std::move(incarnation),
                               std::chrono::duration_cast<std::chrono::milliseconds>(now - due)});
            },
            now);
        return found;
      });
}

}  // namespace talaria::persistence::postgres
