#include "persistence/schema/migration.hpp"

#include <array>

namespace talaria::persistence::schema::sqlite {

namespace {

constexpr auto statements = std::to_array<std::string_view>({
    // Absent: the client named no trace. As in W3C Trace Context, version 00.
    "alter table events add column traceparent text",
    // Absent also if the client's was empty.
    "alter table events add column tracestate text",
});

}  // namespace

extern const migration event_traces;
const migration event_traces{7, "event traces", statements};

}  // namespace talaria::persistence::schema::sqlite
