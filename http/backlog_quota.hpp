#pragma once

#include "domain/id.hpp"
#include "domain/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace talaria::http {

/// Whether organizations may have more deliveries pending than they have.
///
/// The truth is in the store, and costs a count. A count is added to with each delivery that this
/// node creates, and never subtracted from: while the sum is below the quota there is surely room,
/// for as long as the count is fresh. Otherwise it takes another count, at most one in `recount`.
/// Thread-safe.
class backlog_quota {
public:
  /// Other nodes, and recoveries, add deliveries too.
  static constexpr std::chrono::seconds fresh{5};
  static constexpr std::chrono::milliseconds recount{100};

  enum class verdict : std::uint8_t { room, full, unknown };

  /// @param quota At least 1.
  /// @returns `unknown`: count, tell by `counted`, and ask again.
  verdict ask(const domain::organization_id& organization, std::uint32_t quota,
              domain::timestamp now);

  void counted(const domain::organization_id& organization, std::uint32_t pending,
               domain::timestamp now);

  /// Deliveries were created. No effect on organizations that nobody asked about.
  void add(const domain::organization_id& organization, std::size_t deliveries);

private:
  struct count {
    std::uint64_t pending = 0;
    domain::timestamp at;
  };

  /// Beyond it all are counted anew.
  static constexpr std::size_t remembered_max = 10'000;

  std::mutex mutex_;
  std::unordered_map<domain::organization_id, count> counts_;
};

}  // namespace talaria::http
