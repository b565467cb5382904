#pragma once

#include "domain/id.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// What nodes of a cluster tell each other. All of it is a hint or a question: the database
/// decides, so losing a message costs time, never data.
namespace talaria::cluster {

/// These subscriptions have deliveries that are due now, and their shards are the receiver's.
struct deliveries_due {
  /// Numbers; at most `limits::due_subscriptions_max`.
  std::vector<std::int64_t> subscriptions;

  bool operator==(const deliveries_due&) const = default;
};

/// A pending delivery was cancelled.
struct delivery_cancelled {
  std::int64_t subscription = 0;
  domain::event_id event;

  bool operator==(const delivery_cancelled&) const = default;
};

/// A subscription or an application was created, changed or deleted.
struct catalog_changed {
  /// 0: unknown.
  std::int64_t revision = 0;

  bool operator==(const catalog_changed&) const = default;
};

/// Shards were released or have another owner: look at them now.
struct shards_moved {
  bool operator==(const shards_moved&) const = default;
};

/// What organizations asked of the sender in the last interval.
struct usage {
  struct row {
    domain::organization_id organization;
    std::uint64_t requests = 0;
    std::uint64_t events = 0;

    bool operator==(const row&) const = default;
  };
  /// At most `limits::usage_rows_max`.
  std::vector<row> rows;

  bool operator==(const usage&) const = default;
};

/// Asks about the receiver's actors.
struct question {
  /// Returned in the answer; of the asker alone.
  std::uint64_t id = 0;
  /// At most `limits::question_bytes_max`.
  std::string text;

  bool operator==(const question&) const = default;
};

struct answer {
  /// Of the question.
  std::uint64_t id = 0;
  /// As in HTTP.
  std::uint16_t status = 0;
  /// At most `limits::answer_bytes_max`.
  std::string body;

  bool operator==(const answer&) const = default;
};

using peer_message = std::variant<deliveries_due, delivery_cancelled, catalog_changed, shards_moved,
                                  usage, question, answer>;

}  // namespace talaria::cluster
