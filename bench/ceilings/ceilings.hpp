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
scenario insert_ceiling(std::size_t batch_events, insert_tables tables);
std::string insert_ceiling_name(std::size_t batch_events, insert_tables tables);

/// libcurl's multi interface posting to the receiver.
scenario post_ceiling();
std::string post_ceiling_name();

/// All, in the order of the report.
std::vector<scenario> all_ceilings();

}  // namespace talaria::bench
