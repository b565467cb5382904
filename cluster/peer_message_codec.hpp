#pragma once

#include "cluster/peer_message.hpp"
#include "domain/error.hpp"

#include <tl/expected.hpp>

#include <string>
#include <string_view>

namespace talaria::cluster {

/// Why bytes are no message, or none for us.
enum class undecodable : std::uint8_t {
  unknown_kind,  ///< of a newer version: to be ignored
  truncated,     ///< ends within a field, or has fewer rows than it says
  too_large,     ///< over a limit
};

std::string_view to_string(undecodable reason);

/// A message as it crosses the wire: its kind in two bytes, then its fields.
///
/// A later version may add kinds and, at the end of a kind or of a row, fields; older ones ignore
/// them. Nothing else may ever change.
///
/// @returns `ec::too_large` for what `decode` would refuse.
domain::result<std::string> encode(const peer_message& message);

/// Copies, and allocates no more than a small multiple of the bytes.
tl::expected<peer_message, undecodable> decode_peer_message(std::string_view bytes);

}  // namespace talaria::cluster
