#pragma once

#include "domain/audit_entry.hpp"
#include "domain/id.hpp"
#include "persistence/session.hpp"

#include <optional>

namespace talaria::persistence {

/// That a client created something under an idempotency key.
struct creation {
  domain::organization_id organization;
  /// 16-byte hashes of the key with what was to be created, and of the request's body.
  domain::uuid key_hash;
  domain::uuid body_hash;
  domain::uuid resource;
  timestamp created_at;
  /// From then on the key is as if never used.
  timestamp expires_at;
};

/// Written with a change, in its transaction.
struct write_note {
  std::optional<domain::audit_entry> audit{};
  /// If its key is in use the change is not made: `ec::idempotency_conflict`.
  std::optional<persistence::creation> creation{};
};

/// A session whose changes can say who made them.
class annotated {
public:
  virtual ~annotated() = default;

  /// The next change that is committed takes the note with it. Replaces a note that none has taken.
  virtual void annotate(write_note note) = 0;
};

}  // namespace talaria::persistence
