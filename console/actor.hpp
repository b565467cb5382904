#pragma once

#include "domain/error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace talaria::console {

/// Names with their texts or numbers, in the server's order.
using named_texts = std::vector<std::pair<std::string, std::string>>;
using named_counts = std::vector<std::pair<std::string, std::uint64_t>>;

/// An actor as a server shows it. Every text is printable.
///
/// What is absent is not known to that server, which may be older than this program.
struct actor {
  std::string path;
  std::string kind;
  std::string state;
  std::string started_at;
  std::optional<std::chrono::milliseconds> uptime;
  std::uint64_t restarts = 0;
  std::optional<std::uint64_t> failures;
  std::string last_failure;
  std::string last_failure_at;
  std::uint64_t messages_handled = 0;
  std::uint64_t mailbox_depth = 0;
  std::chrono::microseconds busy{0};
  std::optional<std::uint64_t> slow_messages;
  std::optional<std::uint64_t> dead_letters;
  /// For how long it has been handling one message; zero: it is idle.
  std::chrono::microseconds handling{0};
  std::string subscription_id;
  std::string application_id;
  /// Of its kind.
  named_texts details;

  /// @returns nullptr if it has no such detail.
  const std::string* find_detail(std::string_view name) const;
  /// @returns nothing if it has none, or no count.
  std::optional<std::uint64_t> count_of(std::string_view detail) const;
};

/// A part of a list of actors, and what holds for all that match.
struct actor_page {
  std::vector<actor> actors;
  std::uint64_t total = 0;
  std::string next_cursor;
  named_counts states;
  named_counts breakers;
  /// Of all that match; absent from older servers.
  std::optional<std::uint64_t> messages_handled;
  std::optional<std::uint64_t> failures;
};

/// @returns `ec::invalid_json` for what is no answer of Talaria's.
domain::result<actor> read_actor(std::string_view body);
domain::result<actor_page> read_actor_page(std::string_view body);

}  // namespace talaria::console
