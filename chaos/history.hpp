#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What a run did and saw, as plain values: whoever makes one, a run against processes or a
/// simulation, has it judged by the same checks (checker.hpp).
namespace talaria::chaos {

/// Since the start of the run, by one clock: that of whoever watches, not of whom it watches.
using moment = std::chrono::microseconds;

struct subscription_facts {
  std::string id{};
  bool ordered = false;
};

/// One event that somebody tried to hand in, under a number of its own that its payload carries.
struct submission {
  std::uint64_t number = 0;
  /// The ids of the subscriptions that want it.
  std::vector<std::string> wanted_by{};
  /// Of the first try.
  moment submitted_at{};
  /// Absent: nobody ever said that it was taken; it may have been.
  std::optional<moment> acked_at{};
  /// As the acks gave it: several only if repeating it under its idempotency key made another.
  std::vector<std::string> event_ids{};
};

/// One request at a receiver, which wrote it down before it answered.
struct reception {
  std::uint64_t number = 0;
  std::string event_id{};
  std::string subscription{};
  moment at{};
  /// Of the answer; 0 if there was to be none.
  unsigned status = 0;
  /// The answer was whole, prompt and modest: whoever waited for it had it.
  bool is_plain = true;
  /// Its payload is what was submitted.
  bool is_intact = true;
  std::optional<std::uint64_t> sequence{};

  bool is_success() const { return status >= 200 && status < 300; }
};

enum class delivery_end : std::uint8_t { pending, delivered, dead, cancelled };

/// What the store says became of an event for a subscription.
struct final_state {
  std::string event_id{};
  std::string subscription{};
  delivery_end end = delivery_end::pending;
};

/// What the store said of an outcome's shard when the outcome was committed.
struct ownership_note {
  std::uint16_t shard = 0;
  /// A process. Empty: none.
  std::string owner{};
};

/// A row of the store's log of attempts.
struct logged_attempt {
  std::string event_id{};
  std::string subscription{};
  std::uint32_t number = 0;
  /// When its request ended.
  moment ended_at{};
  /// From its beginning, rounded to milliseconds.
  moment took{};
  /// 0: there was no answer.
  unsigned status_code = 0;
  /// What it made of its delivery.
  delivery_end made = delivery_end::pending;
  /// Whoever wrote it: a process, if that is known, or else a node.
  std::string node{};
  /// Absent: nobody noted it.
  std::optional<ownership_note> ownership{};

  bool is_success() const { return status_code >= 200 && status_code < 300; }
};

/// A shard was taken, or given up.
struct shard_change {
  std::uint16_t shard = 0;
  std::int64_t epoch = 0;
  /// The process that owns it from then on. Empty: none.
  std::string owner{};
  /// The process that wrote it down.
  std::string by{};
  moment at{};
};

/// A process came to its end.
struct process_end {
  std::string process{};
  moment at{};
};

/// One process took over what another one owned, and still may believe to own.
struct takeover {
  std::string from_node{};
  std::string to_node{};
  /// By then it had.
  moment claimed_at{};
  /// The one that was succeeded was gone, and what it had sent had come: until then nobody could
  /// keep it from sending what it believed to be its own.
  moment ended_at = moment::max();
};

/// What a process needs.
struct resources {
  std::uint64_t resident_bytes = 0;
  std::uint64_t descriptors = 0;
};

/// Of one node, before the first fault and after the last one was healed.
struct resource_change {
  resources before{};
  resources after{};
};

/// A time in which something may have kept an outcome from being recorded.
struct interruption {
  moment from{};
  moment until{};
};

/// The clock of whom is watched was ahead, and with it the times in the log of attempts.
struct clock_shift {
  moment from{};
  moment until{};
  /// Positive: one that is behind makes nothing look late.
  moment ahead_by{};
};

struct history {
  std::vector<subscription_facts> subscriptions{};
  std::vector<submission> submissions{};
  /// In the order in which they were written down.
  std::vector<reception> receptions{};
  std::vector<final_state> finals{};
  /// Of a delivery in the order of their numbers.
  std::vector<logged_attempt> attempts{};
  std::vector<takeover> takeovers{};
  /// Of each shard in the order of their commits.
  std::vector<shard_change> shard_changes{};
  std::vector<process_end> process_ends{};
  std::vector<clock_shift> clock_shifts{};
  /// Absent: nobody noted them.
  std::optional<std::vector<interruption>> interruptions{};
  /// Of each process that was there all the time, or its node. Empty: nobody looked.
  std::vector<resource_change> resources{};
};

}  // namespace talaria::chaos
