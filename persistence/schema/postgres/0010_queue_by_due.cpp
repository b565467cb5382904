#include "persistence/schema/migration.hpp"

#include <array>

namespace talaria::persistence::schema::postgres {

namespace {

constexpr auto statements = std::to_array<std::string_view>({
    // A condition that always holds, and that only who looks for what is due states. Without it the
    // planner finds a single delivery through this index as well, past all others of its
    // subscription: to it both ways cost the same when it takes the queue for empty.
    "drop index delivery_queue_by_due",
    R"(create index delivery_queue_by_due on delivery_queue(subscription, due_us, event_id)
         where attempts >= 0)",
});

}  // namespace

extern const migration queue_by_due;
/// To a version that does not state the condition, pages of a long backlog come slower.
const migration queue_by_due{10, "queue by due", statements, 9};

}  // namespace talaria::persistence::schema::postgres
