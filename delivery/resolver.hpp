#pragma once

#include "delivery/address_guard.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace talaria::delivery {

/// The addresses of a host in order of preference; empty if there are none. Blocks.
using lookup_function = std::function<std::vector<ip_address>(const std::string& host)>;

/// As the system resolves names. Understands every form of a literal address that libcurl would
/// (`0x7f.1`, `2130706433`), so that none goes round the address guard.
std::vector<ip_address> look_up_by_system(const std::string& host);

struct resolver_options {
  std::size_t threads = 8;
  /// An answer is taken as it is for this long ...
  std::chrono::milliseconds fresh_for{30'000};
  /// ... and, from then on, while a new one is being fetched: a resolver that hangs must not stop
  /// deliveries to hosts that are known.
  std::chrono::milliseconds stale_for{300'000};
  /// How long a failure is remembered.
  std::chrono::milliseconds failure_for{5'000};
  /// A name whose last look-up failed or took longer than this is `suspect`: at most half of the
  /// threads serve such names.
  std::chrono::milliseconds slow_after{1'000};
  std::size_t names_queued_max = 4096;
  std::size_t names_cached_max = 16'384;
  /// Requests that wait for the same name.
  std::size_t waiters_per_name_max = 4096;
  lookup_function look_up = look_up_by_system;
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// Resolves names on threads of its own, with a cache; equal names that are asked for at once cost
/// one look-up. Says nothing about whether an address may be used.
///
/// Thread-safe.
class resolver {
public:
  /// Never null; empty if the name has no address or could not be resolved.
  using answer = std::shared_ptr<const std::vector<ip_address>>;
  using completion = std::function<void(answer)>;

  explicit resolver(resolver_options options);
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;
  /// As `stop`.
  ~resolver();

  /// @returns the answer if it is known, or if a bound is reached (then it is empty). Otherwise
  /// null, and `done` is called later, once, on a thread of the resolver, unless `stop` comes
  /// first. It must not block or throw.
  answer resolve(const std::string& host, completion done);

  /// After it returns no completion is called. Does not wait for look-ups under way, which cannot
  /// be cancelled: their threads end with them. Idempotent; must not be called from a completion.
  void stop();

private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace talaria::delivery
