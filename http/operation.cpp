#include "http/operation.hpp"

#include <array>

namespace talaria::http {

void store_sessions::annotate(persistence::write_note next) {
  note = std::move(next);
  for (persistence::annotated* session : std::array<persistence::annotated*, 5>{
           catalog.get(), tenants.get(), event_types.get(), history.get(), recoveries.get()}) {
    session->annotate(note);
  }
}

void store_sessions::will_create(const domain::uuid& resource) {
  if (note.audit) {
    note.audit->resource = to_string(resource);
  }
  if (note.creation) {
    note.creation->resource = resource;
  }
  annotate(std::move(note));
}

store_sessions open_sessions(persistence::store& store) {
  return {.store = &store,
          .catalog = store.open_catalog(),
          .tenants = store.open_tenants(),
          .event_types = store.open_event_types(),
          .history = store.open_history(),
          .recoveries = store.open_recoveries(),
          .request_log = store.open_request_log(),
          .membership = store.open_membership(),
          .note = {}};
}

}  // namespace talaria::http
