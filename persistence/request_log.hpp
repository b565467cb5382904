#pragma once

#include "domain/audit_entry.hpp"
#include "domain/id.hpp"
#include "persistence/session.hpp"
#include "persistence/tenant.hpp"
#include "persistence/write_note.hpp"

#include <optional>

namespace talaria::persistence {

/// What was noted of the requests that changed something.
class request_log {
public:
  virtual ~request_log() = default;

  /// A tenant that is bound to an application sees what was done with keys that are bound to it.
  virtual result<page_of<domain::audit_entry>> list(const tenant& tenant,
                                                    const page_request& page) = 0;

  /// What was created under a key that has not expired: durable, on synchronous standbys as well.
  virtual result<std::optional<creation>> find_creation(const domain::organization_id& organization,
                                                        const domain::uuid& key_hash,
                                                        timestamp now) = 0;
};

}  // namespace talaria::persistence
