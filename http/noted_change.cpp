#include "http/noted_change.hpp"

#include "domain/limits.hpp"
#include "http/fresh_id.hpp"
#include "http/idempotency_key.hpp"
#include "http/router.hpp"
#include "http/sha256.hpp"

#include <algorithm>

namespace talaria::http {
namespace {

using domain::ec;
using domain::result;

domain::uuid half_hash(std::initializer_list<std::string_view> parts) {
  const sha256_digest digest = sha256(parts);
  domain::uuid half;
  std::copy_n(digest.begin(), half.bytes.size(), half.bytes.begin());
  return half;
}

domain::audit_entry entry_of(const call& call, domain::timestamp now) {
  const request& request = call.request();
  const auto& parameters = request.parameters;
  return {.id = fresh_id(now),
          .organization = call.who.organization,
          .application = call.who.application,
          .key = call.who.key,
          .key_name = call.who.key_name,
          .method = request.route->method,
          .route = request.route->pattern,
          .resource = parameters.empty() ? std::string() : std::string(parameters.back().value),
          .request_id = request.id,
          .client_address = request.client_address,
          .at = now};
}

/// Until it ends, changes made through the sessions take the note with them.
class noting {
public:
  noting(store_sessions& sessions, persistence::write_note note) : sessions_(sessions) {
    sessions_.annotate(std::move(note));
  }
  noting(const noting&) = delete;
  noting& operator=(const noting&) = delete;
  ~noting() { sessions_.annotate({}); }

private:
  store_sessions& sessions_;
};

/// Absent: the request has no key.
result<std::optional<persistence::creation>> read_creation(const call& call,
                                                           domain::timestamp now) {
  const request& request = call.request();
  const auto key = request.header("Idempotency-Key");
  if (!key) {
    return std::nullopt;
  }
  if (request.header_count("Idempotency-Key") > 1) {
    return domain::fail(ec::invalid_value, "The request has two Idempotency-Key headers.",
                        "/idempotency_key");
  }
  if (auto checked = check_idempotency_key(*key, "idempotency_key"); !checked) {
    return tl::unexpected(checked.error());
  }
  // No path has a NUL, so the parts cannot be shifted against each other.
  constexpr std::string_view nul("\0", 1);
  return persistence::creation{.organization = call.who.organization,
                               .key_hash = half_hash({request.path, nul, *key}),
                               .body_hash = half_hash({request.body}),
                               .resource = {},
                               .created_at = now,
                               .expires_at = now + domain::limits::idempotency_window_default};
}

answer show_created(const persistence::creation& wanted, const persistence::creation& found,
                    const created_lookup& find, const call& call, store_sessions& sessions) {
  if (found.body_hash != wanted.body_hash) {
    return refuse(ec::idempotency_conflict,
                  "The idempotency key was used before with another body.", "/idempotency_key");
  }
  auto shown = find(call, sessions, found.resource);
  if (shown) {
    shown->headers.emplace_back("Idempotency-Replayed", "true");
  }
  return shown;
}

}  // namespace

answer run_noted(const stored_operation& change, const call& call, store_sessions& sessions,
                 domain::timestamp now) {
  const noting noted(sessions, {.audit = entry_of(call, now), .creation = std::nullopt});
  return change(call, sessions);
}

void run_noted(const late_stored_operation& change, const call& call, store_sessions& sessions,
               domain::timestamp now) {
  const noting noted(sessions, {.audit = entry_of(call, now), .creation = std::nullopt});
  change(call, sessions);
}

answer create_once(const stored_operation& create, const created_lookup& find, const call& call,
                   store_sessions& sessions, domain::timestamp now) {
  const auto wanted = read_creation(call, now);
  if (!wanted) {
    return refuse(wanted.error());
  }
  if (!*wanted) {
    return run_noted(create, call, sessions, now);
  }
  const auto look = [&] {
    return sessions.request_log->find_creation(call.who.organization, (*wanted)->key_hash, now);
  };
  auto found = look();
  if (!found) {
    return refuse(found.error());
  }
  if (*found) {
    return show_created(**wanted, **found, find, call, sessions);
  }
  const noting noted(sessions, {.audit = entry_of(call, now), .creation = *wanted});
  answer created = create(call, sessions);
  if (created || created.error().code != to_string(ec::idempotency_conflict)) {
    return created;
  }
  // Another request with the key was faster.
  found = look();
  return found && *found ? show_created(**wanted, **found, find, call, sessions) : created;
}

}  // namespace talaria::http
