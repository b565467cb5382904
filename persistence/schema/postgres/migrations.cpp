#include "persistence/schema/postgres/migrations.hpp"

#include <array>

namespace talaria::persistence::schema::postgres {

extern const migration first_tables;
extern const migration application_retention;
extern const migration operational_events;
extern const migration order_and_pauses;
extern const migration recoveries;
extern const migration tenants;
extern const migration event_traces;
extern const migration nodes;
extern const migration older_versions;
extern const migration queue_by_due;

std::span<const migration> migrations() {
  static const std::array all{first_tables,       application_retention,
                              operational_events, order_and_pauses,
                              recoveries,         tenants,
                              event_traces,       nodes,
                              older_versions,     queue_by_due};
  return all;
}

}  // namespace talaria::persistence::schema::postgres
