#pragma once

#include <chrono>

namespace talaria::cluster {

/// The time since the machine started, that in which it slept included (CLOCK_BOOTTIME). Leases are
/// measured by it: nobody sets it, and a process that did not run for a while finds that it went
/// on.
using uptime = std::chrono::nanoseconds;

/// The times that all nodes keep to. A node stops its attempts before another may take over what it
/// owns: `fence_after` is less than `lease` by more than a request takes to be aborted.
struct terms {
  /// From the beginning of one renewal to that of the next.
  uptime renew_every = std::chrono::seconds{2};
  /// Without a renewal for so long, as another node sees it, a node is dead.
  uptime lease = std::chrono::seconds{10};
  /// Without one for so long, from its beginning, a node makes no attempts.
  uptime fence_after = std::chrono::seconds{8};
  /// Who has not looked for longer than this has not watched: it begins anew.
  uptime blink_max = std::chrono::seconds{2};
};

}  // namespace talaria::cluster
