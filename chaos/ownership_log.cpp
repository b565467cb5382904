#include "chaos/ownership_log.hpp"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace talaria::chaos {

namespace {

constexpr std::array<std::string_view, 8> statements{
    "create schema chaos",

    R"(create table chaos.shard_changes(
         serial bigint generated always as identity primary key,
         shard integer not null,
         epoch bigint not null,
         owner text not null,    -- an incarnation
         process text not null,  -- whoever wrote it down
         at_us bigint not null))",

    R"(create function chaos.note_shard_changes() returns trigger language plpgsql as $$
       begin
         insert into chaos.shard_changes(shard, epoch, owner, process, at_us)
         select after.id, after.epoch, after.owner, current_setting('application_name'),
                extract(epoch from clock_timestamp()) * 1000000
         from after join before using (id)
         where after.owner <> before.owner or after.epoch <> before.epoch;
         return null;
       end $$)",

    R"(create trigger note_shard_changes after update on public.shards
         referencing old table as before new table as after
         for each statement execute function chaos.note_shard_changes())",

    // What was before.
    R"(insert into chaos.shard_changes(shard, epoch, owner, process, at_us)
       select id, epoch, owner,
              coalesce((select max(application_name) from pg_stat_activity
                        where application_name like 'n-%'), ''),
              extract(epoch from clock_timestamp()) * 1000000
       from public.shards where owner <> '')",

    R"(create table chaos.outcomes(
         event_id uuid not null,
         subscription integer not null,
         number integer not null,
         shard integer not null,
         owner text not null,    -- an incarnation
         process text not null,  -- whoever committed it
         primary key(event_id, subscription, number)))",

    R"(create function chaos.note_outcome() returns trigger language plpgsql as $$
       begin
         insert into chaos.outcomes(event_id, subscription, number, shard, owner, process)
         select old.event_id, old.subscription, old.attempts + 1, old.shard, shards.owner,
                current_setting('application_name')
         from public.shards where shards.id = old.shard
         on conflict do nothing;
         return null;
       end $$)",

    // At the commit: then it sees what others have committed by then.
    R"(create constraint trigger note_outcome
         after delete or update of attempts on public.delivery_queue
         deferrable initially deferred for each row execute function chaos.note_outcome())",
};

}  // namespace

void begin_ownership_log(const std::string& url) {
  try {
    soci::session session{soci::postgresql, url};
    soci::transaction all{session};
    session << "lock table public.shards in share row exclusive mode";
    for (const auto statement : statements)
      session << std::string{statement};
    all.commit();
  } catch (const soci::soci_error& error) {
    throw std::runtime_error(fmt::format("the log of ownership cannot be begun: {}", error.what()));
  }
}

}  // namespace talaria::chaos
