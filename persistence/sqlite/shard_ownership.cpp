#include "persistence/sqlite/shard_ownership.hpp"

#include "persistence/sql/statement.hpp"

namespace talaria::persistence::sqlite {

namespace {

using sql::command;
using sql::open_session;
using sql::query;
using sql::row;

struct ownership_statements {
  explicit ownership_statements(const open_session& open) : open{open} {}

  open_session open;

  command<std::string> claim{open, "update shards set owner = :node, epoch = epoch + 1"};
  query<row<shard_id, fencing_epoch>()> list{open, "select id, epoch from shards order by id"};
};

}  // namespace

result<std::vector<owned_shard>> shard_ownership::claim_all(std::string_view node) {
  return access_->write<ownership_statements>(
      [&](ownership_statements& sql) -> result<std::vector<owned_shard>> {
        sql.claim(std::string{node});
        if (auto ended = sql::interrupt(interruption_, store_moment::shards_claimed); !ended)
          return tl::unexpected(std::move(ended.error()));
        std::vector<owned_shard> owned;
        sql.list.each([&](shard_id id, fencing_epoch epoch) { owned.push_back({id, epoch}); });
        return owned;
      });
}

}  // namespace talaria::persistence::sqlite
