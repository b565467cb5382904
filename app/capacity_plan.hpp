#pragma once

#include "domain/error.hpp"
#include "domain/limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace talaria::app {

/// What one event costs, and what a node and a PostgreSQL take: measured, by docs/performance.md
/// ("What a plan reckons with"), or a default of docs/configuration.md.
namespace capacity {

/// Of a node: the machine that the figures are of.
inline constexpr double node_processors = 2;
/// What is left is for peaks, and for what the others take over.
inline constexpr double utilisation_max = 0.6;

/// "ingest, 256 connections", without PostgreSQL's part.
inline constexpr double node_us_per_event = 22;
/// "ingest, 10 KB" less that of 300 B: parsing and compressing.
inline constexpr double node_us_per_event_kilobyte = 3.7;
/// "fan-out 1 to 100 at 100 hosts", without PostgreSQL's part; "end to end" has less.
inline constexpr double node_us_per_delivery = 84;
/// "end to end, 100 KB" less "ingest, 100 KB": reading, signing and sending.
inline constexpr double node_us_per_delivery_kilobyte = 2.5;
/// `delivery.in_flight_max`.
inline constexpr std::uint64_t node_attempts_max = 2048;
/// `ingest.submissions_max`, and the bytes that bodies may have together.
inline constexpr std::uint64_t node_submissions_max = 10'000;
inline constexpr std::uint64_t node_bodies_bytes_max = 256ULL << 20U;
/// "memory: a million pending deliveries": the most that a figure on memory has.
inline constexpr std::uint64_t node_memory_bytes = 103ULL << 20U;
/// An attempt's payload is in its subscription's window and in its request.
inline constexpr std::uint64_t payload_copies = 2;
/// Two for each of `store.writers`, 10 of other actors and of checks, one of the membership, 4 x 7
/// of the API: they are opened when they are first used.
inline constexpr std::uint64_t node_connections_max = 43;

/// PostgreSQL's part of "ingest, 256 connections".
inline constexpr double store_us_per_event = 17;
/// PostgreSQL's part of "end to end, 100 KB" less that of 300 B.
inline constexpr double store_us_per_event_kilobyte = 0.83;
/// PostgreSQL's part of "fan-out 1 to 100 at 100 hosts".
inline constexpr double store_us_per_delivery = 39;
/// Two looks a second at 1.45 ms each; a renewal is too little to count.
inline constexpr double store_us_per_node_second = 2'900;
/// The event; of each delivery, its row of the queue, its attempt, and the queue's row removed.
inline constexpr double rows_per_event = 1;
inline constexpr double rows_per_delivery = 3;
/// "ingest, batches of 100": 90,000 events/s of two rows each. More was measured of none.
inline constexpr double store_rows_per_second_max = 180'000;
/// "Storage", with the indexes.
inline constexpr double store_bytes_per_event = 270;
inline constexpr double store_bytes_per_delivery = 210;

}  // namespace capacity

/// What is to be carried, evenly: peaks are the caller's to know.
struct workload {
  double events_per_second = 0;
  /// Deliveries of one event, on average.
  double fan_out = 0;
  std::uint64_t payload_bytes = 0;
  /// From the start of an attempt to the receiver's answer, on average.
  std::chrono::milliseconds latency{};
  std::uint32_t retention_days = 30;
};

namespace workload_limits {

inline constexpr double events_per_second_min = 0.001;
inline constexpr double events_per_second_max = 1e6;
inline constexpr double fan_out_max = 10'000;
inline constexpr std::uint64_t payload_bytes_min = 1;
inline constexpr std::uint64_t payload_bytes_max = domain::limits::payload_bytes_max;
inline constexpr std::chrono::milliseconds latency_min{1};
inline constexpr std::chrono::milliseconds latency_max = domain::limits::timeout_max;
inline constexpr std::uint32_t retention_days_min = 1;
inline constexpr std::uint32_t retention_days_max = domain::limits::retention_days_max;

}  // namespace workload_limits

/// Which of the three is used up first as the load grows.
enum class bottleneck : std::uint8_t { attempts_under_way, node_processors, store_rows };

/// What a workload takes, each attempt succeeding at once.
struct capacity_plan {
  double deliveries_per_second = 0;
  /// On average: rate times latency (Little's law).
  double attempts_under_way = 0;
  double row_writes_per_second = 0;
  double sent_bytes_per_second = 0;
  /// Processor seconds a second, of all nodes and of all PostgreSQLs.
  double node_processors = 0;
  double store_processors = 0;

  /// Each with a PostgreSQL of its own.
  std::uint64_t cells = 1;
  /// One of them may be away.
  std::uint64_t nodes_per_cell = 0;
  std::uint64_t nodes = 0;
  /// To one PostgreSQL, at the most.
  std::uint64_t connections_per_cell = 0;
  /// With as many attempts and submissions in it as there may be.
  std::uint64_t memory_bytes_per_node = 0;
  double storage_bytes_per_day = 0;
  /// Of all days that are kept, the one that is being filled included.
  double storage_bytes = 0;

  bottleneck narrowest = bottleneck::attempts_under_way;
  /// Of what there is, in [0, 1], while one node of each cell is away.
  double attempts_utilisation = 0;
  double processors_utilisation = 0;
  double rows_utilisation = 0;
};

/// Pure.
/// @returns `ec::invalid_value` with the member of `workload` at fault as `field`.
domain::result<capacity_plan> plan_capacity(const workload& load);

}  // namespace talaria::app
