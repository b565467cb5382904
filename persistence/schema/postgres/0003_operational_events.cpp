#include "persistence/schema/migration.hpp"

#include <array>

namespace talaria::persistence::schema::postgres {

namespace {

constexpr auto statements = std::to_array<std::string_view>({
    // A row only while there is something to remember: a receiver that does well has none.
    R"(create table subscription_health(
         subscription integer primary key,
         failing_us bigint,
         -- Of a circuit breaker that is not closed:
         opened_us bigint,
         next_probe_us bigint,
         breaker_reason text not null))",

    "alter table applications add column is_system smallint not null default 0",
    R"(create unique index applications_of_the_system on applications(organization_id)
         where is_system = 1)",

    // Written with what they tell of, removed once they have become events.
    R"(create table operational_events(
         id uuid primary key,
         organization_id uuid not null,
         application_id uuid not null,
         event_type text not null,
         labels text not null,   -- a JSON object
         payload text not null,  -- a JSON object
         occurred_us bigint not null))",
});

}  // namespace

extern const migration operational_events;
const migration operational_events{3, "operational events", statements};

}  // namespace talaria::persistence::schema::postgres
