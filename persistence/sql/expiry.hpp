#pragma once

#include "domain/id.hpp"
#include "persistence/session.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace talaria::persistence::sql {

/// The moment at which the age of events is asked for.
struct expiry {
  timestamp now;
  /// Of applications that have none of their own.
  std::chrono::days default_retention{};
};

/// Events of an application with smaller ids are older than its retention.
inline domain::uuid first_kept(const expiry& at, std::optional<std::uint32_t> retention_days) {
  const auto retention = retention_days ? std::chrono::days{*retention_days} : at.default_retention;
  return domain::first_uuid_at(at.now - retention);
}

}  // namespace talaria::persistence::sql
