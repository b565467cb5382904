#pragma once

#include "domain/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::console {

/// A node as `GET /api/v1/cluster` has it; every text is printable.
struct cluster_node {
  std::string name;
  /// `up` or `draining`.
  std::string status;
  std::string version;
  std::string address;
  std::uint64_t shards = 0;
  std::chrono::milliseconds lag{};
  /// Of the answering node's link to it; empty: it has none.
  std::string link;
  /// It is the one that answered.
  bool is_self = false;
};

struct cluster_state {
  std::uint64_t shards = 0;
  std::uint64_t free_shards = 0;
  std::vector<cluster_node> nodes;
};

inline constexpr std::string_view cluster_target = "/api/v1/cluster";

/// @returns `ec::invalid_json` for what no Talaria answers.
domain::result<cluster_state> read_cluster(std::string_view body);

/// A heading and a line for each node; then what is nobody's, if anything is.
std::vector<std::string> to_table(const cluster_state& state);

}  // namespace talaria::console
