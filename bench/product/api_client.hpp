#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::bench {

/// Talaria's counters, as its metrics show them.
struct product_counters {
  std::uint64_t accepted = 0;
  std::uint64_t created = 0;
  std::uint64_t delivered = 0;
  std::uint64_t retried = 0;
  std::uint64_t dead = 0;
  /// Commits of events, and of outcomes.
  std::uint64_t appends = 0;
  std::uint64_t records = 0;
};

struct wanted_subscription {
  std::string receiver_url;
  std::uint32_t max_in_flight = 0;
  /// Or a pattern; the default takes all.
  std::string event_type = "*";
  /// Of a failed attempt; absent: the default schedule.
  std::optional<std::chrono::milliseconds> retry_after{};
};

/// What a benchmark asks of Talaria besides events. Blocking, and thread-safe: each thread keeps a
/// connection of its own. Throws std::runtime_error for any answer but a success.
class api_client {
public:
  api_client(std::string url, std::string key) : url_(std::move(url)), key_(std::move(key)) {}

  /// @returns its id.
  std::string subscribe(const wanted_subscription& wanted) const;
  void pause(const std::string& subscription) const;
  void resume(const std::string& subscription) const;

  /// Deliveries in the store, over all priorities.
  std::uint64_t pending() const;
  product_counters counters() const;
  /// @param query Which actors to list, as the API has it.
  /// @returns how many match.
  std::uint64_t count_actors(const std::string& query) const;

private:
  std::string call(const char* method, const std::string& path, const std::string& body = {}) const;

  std::string url_;
  std::string key_;
};

/// The value of a metric without labels; 0 if it is not there.
std::uint64_t metric_value(std::string_view metrics, std::string_view name,
                           std::string_view label = {});

}  // namespace talaria::bench
