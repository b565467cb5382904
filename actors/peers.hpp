#pragma once

#include "cluster/peer_message.hpp"
#include "persistence/membership.hpp"

#include <span>
#include <string_view>

namespace talaria::actors {

/// The way to the other nodes. What is told is a hint: it may be lost, and nothing depends on it
/// but how soon something happens.
///
/// Thread-safe; no call blocks.
class peers {
public:
  virtual ~peers() = default;

  /// The nodes that there are, this one included.
  virtual void know(std::span<const persistence::node_row> nodes) = 0;

  virtual void tell(std::string_view incarnation, const cluster::peer_message& message) = 0;
  virtual void tell_all(const cluster::peer_message& message) = 0;
};

}  // namespace talaria::actors
