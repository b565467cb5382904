#include "persistence/postgres/shard_ownership.hpp"

#include "persistence/sql/statement.hpp"

namespace talaria::persistence::postgres {

namespace {

struct ownership_statements {
  explicit ownership_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;

  sql::command<std::string> bury_others{open, R"(
      update nodes set status = 2, died_us = extract(epoch from clock_timestamp()) * 1000000
      where incarnation <> :node and status <> 2)"};
  sql::command<std::string> enter{open, R"(
      insert into nodes(incarnation, name, address, version, protocol_min, protocol_max, status,
                        renewals, joined_us)
      values(:node, :node, '', '', 0, 0, 0, 0, 0) on conflict do nothing)"};
  sql::command<std::string> end_lanes{open, "delete from lanes where incarnation <> :node"};
  sql::command<std::string> claim{open, "update shards set owner = :node, epoch = epoch + 1"};
  sql::query<sql::row<shard_id, fencing_epoch>()> list{open,
                                                       "select id, epoch from shards order by id"};
};

/// No lane is opened meanwhile, so that the ones that are ended are all there are. What they are
/// writing is waited for.
constexpr auto begin_takeover = "begin; lock table lanes in share row exclusive mode";

}  // namespace

result<std::vector<owned_shard>> shard_ownership::claim_all(std::string_view node) {
  return sql::in_transaction<ownership_statements>(
      connection_, begin_takeover,
      [&](ownership_statements& sql) -> result<std::vector<owned_shard>> {
        sql.bury_others(std::string{node});
        sql.enter(std::string{node});
        sql.end_lanes(std::string{node});
        sql.claim(std::string{node});
        if (auto ended = sql::interrupt(interruption_, store_moment::shards_claimed); !ended)
          return tl::unexpected(std::move(ended.error()));
        std::vector<owned_shard> owned;
        sql.list.each([&](shard_id id, fencing_epoch epoch) { owned.push_back({id, epoch}); });
        return owned;
      });
}

}  // namespace talaria::persistence::postgres
