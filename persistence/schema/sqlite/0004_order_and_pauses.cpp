#include "persistence/schema/migration.hpp"

#include <array>

namespace talaria::persistence::schema::sqlite {

namespace {

constexpr auto statements = std::to_array<std::string_view>({
    // The last place that was given in the order of a subscription which is ordered, or once was.
    // Who gives places holds the row until the commit, so places rise in the order of commits.
    R"(create table subscription_sequences(
         subscription bigint not null primary key,
         last_sequence bigint not null) without rowid)",
    // Absent: the subscription was not ordered.
    "alter table delivery_queue add column sequence bigint",
    "alter table attempts add column sequence bigint",
    R"(create index delivery_queue_by_sequence on delivery_queue(subscription, sequence)
         where sequence is not null)",

    R"(create table paused_queues(
         priority bigint not null primary key) without rowid)",
});

}  // namespace

extern const migration order_and_pauses;
const migration order_and_pauses{4, "order and pauses", statements};

}  // namespace talaria::persistence::schema::sqlite
