#pragma once

#include "domain/id.hpp"
#include "domain/operational_event.hpp"
#include "persistence/session.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace talaria::persistence {

/// An operational event that was written down and is not yet an event.
struct untold_event {
  domain::operational_event event;
  /// The system application of its organization.
  domain::application_id system_application;
};

/// Operational events on their way from the transaction that caused them to their becoming events.
class outbox {
public:
  virtual ~outbox() = default;

  /// The oldest ones, by id.
  virtual result<std::vector<untold_event>> first(std::size_t events_max) = 0;
  /// They are events now. Ids that are not there are no fault.
  virtual result<void> remove(std::span<const domain::uuid> ids) = 0;
};

}  // namespace talaria::persistence
