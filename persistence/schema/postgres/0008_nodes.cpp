#include "persistence/schema/migration.hpp"

#include <array>

namespace talaria::persistence::schema::postgres {

namespace {

constexpr auto statements = std::to_array<std::string_view>({
    // The processes that share the database. Those that died are kept for a while: an incarnation
    // that somebody still knows of is not to be taken for a new one.
    R"(create table nodes(
         incarnation text primary key,
         name text not null,
         address text not null,
         version text not null,
         protocol_min smallint not null,
         protocol_max smallint not null,
         status smallint not null,  -- 0 up, 1 draining, 2 dead
         renewals bigint not null,
         joined_us bigint not null,
         died_us bigint) with (fillfactor = 50))",
    "create unique index nodes_by_name on nodes(name) where status <> 2",
    "create index shards_by_owner on shards(owner)",
    // Rises when shards are released: a write that began before does not pass.
    "alter table lanes add column version bigint not null default 0",
});

}  // namespace

extern const migration nodes;
const migration nodes{8, "nodes", statements};

}  // namespace talaria::persistence::schema::postgres
