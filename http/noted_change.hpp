#pragma once

#include "domain/time.hpp"
#include "http/operation.hpp"

namespace talaria::http {

/// Runs an operation whose changes are written into the audit log, in their transactions.
answer run_noted(const stored_operation& change, const call& call, store_sessions& sessions,
                 domain::timestamp now);

/// The same for one that answers by itself.
void run_noted(const late_stored_operation& change, const call& call, store_sessions& sessions,
               domain::timestamp now);

/// Runs an operation that creates something. With the header `Idempotency-Key` it does so once in a
/// day: repeated with the same body it shows what the first request created, with `find` and the
/// header `Idempotency-Replayed`, and with another body it is refused. The key counts for the
/// organization and the path.
answer create_once(const stored_operation& create, const created_lookup& find, const call& call,
                   store_sessions& sessions, domain::timestamp now);

}  // namespace talaria::http
