#include "persistence/schema/migration.hpp"

#include <array>

namespace talaria::persistence::schema::postgres {

namespace {

constexpr auto statements = std::to_array<std::string_view>({
    // Redeliveries of what is dead, with how far they have come.
    R"(create table recoveries(
         id uuid primary key,
         subscription integer not null,
         since_us bigint not null,
         until_us bigint not null,
         rate_per_second integer not null,
         status smallint not null,  -- 0 running, 1 finished, 2 cancelled
         total bigint not null,
         redelivered bigint not null,
         last_event_id uuid not null,  -- all up to this one are done
         created_us bigint not null,
         updated_us bigint not null,
         ended_us bigint))",
    "create index recoveries_by_subscription on recoveries(subscription, id)",
    // One at a time, and few in all: also where those that are running are found.
    "create unique index recoveries_running on recoveries(subscription) where status = 0",
});

}  // namespace

extern const migration recoveries;
const migration recoveries{5, "recoveries", statements};

}  // namespace talaria::persistence::schema::postgres
