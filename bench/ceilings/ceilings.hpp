#pragma once

#include "bench/scenarios/scenario.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// What the parts that Talaria is made of can do by themselves on this machine: nothing built on
/// them can be faster.
namespace talaria::bench {

/// A server that reads requests and gives each the same 202.
scenario http_ceiling(std::size_t clients, std::size_t batch_events = 1);
std::string http_ceiling_name(std::size_t clients, std::size_t batch_events = 1);

enum class insert_tables : std::uint8_t {
  bare,     ///< events and queue with their primary keys alone
  product,  ///< as Talaria's migrations make them, with all indexes
};

/// Durable transactions through SQLite's own interface: each event with its row in the queue.
scenario sqlite_insert_ceiling(std::size_t batch_events, insert_tables tables);
std::string sqlite_insert_ceiling_name(std::size_t batch_events, insert_tables tables);

/// The same through libpq, on the server of the settings: the best of a few numbers of connections,
/// which share the time.
scenario postgresql_insert_ceiling(std::size_t batch_events);
std::string postgresql_insert_ceiling_name(std::size_t batch_events);

/// Of the store that Talaria is measured on, in large groups.
std::string store_ceiling_name(const settings& settings);

/// libcurl's multi interface posting to the receiver.
scenario post_ceiling();
std::string post_ceiling_name();

/// All that are ceilings with these settings, in the order of the report.
std::vector<scenario> all_ceilings(const settings& settings);

}  // namespace talaria::bench
