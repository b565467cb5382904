#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace talaria::cluster {

/// A way to the gateway of a peer, which may break at any time, and then loses what it is given.
class line {
public:
  virtual ~line() = default;

  /// Must not block or throw. What is sent by one line arrives in order, or not at all.
  virtual void send(std::uint16_t protocol, std::string bytes) = 0;

  /// Equal for lines to the same gateway.
  virtual const std::string& key() const = 0;
};

using line_pointer = std::shared_ptr<line>;

}  // namespace talaria::cluster
