#pragma once

#include "cluster/peer_message_codec.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

/// What the two ends of a link tell each other to carry messages of the product.
namespace talaria::cluster {

/// Random; never used twice.
using nonce = std::array<std::uint8_t, 32>;
/// HMAC-SHA256.
using proof = std::array<std::uint8_t, 32>;
/// Known to the two ends of a link only; another one after each hello.
using session_token = std::uint64_t;

/// The versions of the format that a node understands.
struct protocol_range {
  std::uint16_t min = 1;
  std::uint16_t max = 1;

  bool operator==(const protocol_range&) const = default;
};

/// Who speaks.
struct introduction {
  std::string incarnation;
  std::string name;
  protocol_range protocols{};

  bool operator==(const introduction&) const = default;
};

/// Begins a hello; see hello.hpp.
struct greeting {
  nonce challenge{};
  introduction from;
  /// Who is believed to listen there.
  std::string to_incarnation;

  bool operator==(const greeting&) const = default;
};

struct greeting_answered {
  /// Of the greeting.
  nonce greeted{};
  nonce challenge{};
  introduction from;
  proof proven{};

  bool operator==(const greeting_answered&) const = default;
};

struct greeting_proven {
  /// Of the answer.
  nonce greeted{};
  proof proven{};

  bool operator==(const greeting_proven&) const = default;
};

/// Why there is no link.
enum class refusal : std::uint16_t {
  unknown_peer = 1,        ///< who greets is not a node of the cluster, or not yet
  wrong_incarnation = 2,   ///< who listens there is another one
  no_common_protocol = 3,  ///< the versions are too far apart
  wrong_secret = 4,        ///< the proof does not hold
};

std::string_view to_string(refusal reason);

struct greeting_refused {
  /// The last challenge of who is refused.
  nonce greeted{};
  refusal reason{};

  bool operator==(const greeting_refused&) const = default;
};

/// A message of the product, as peer_message_codec.hpp has it.
struct carried {
  session_token session = 0;
  /// From 1, without gaps.
  std::uint64_t sequence = 0;
  std::string message;

  bool operator==(const carried&) const = default;
};

/// All messages up to this one were handled.
struct acknowledged {
  session_token session = 0;
  std::uint64_t sequence = 0;

  bool operator==(const acknowledged&) const = default;
};

/// The sender knows the session no more.
struct session_ended {
  session_token session = 0;

  bool operator==(const session_ended&) const = default;
};

using link_frame = std::variant<greeting, greeting_answered, greeting_proven, greeting_refused,
                                carried, acknowledged, session_ended>;

/// As `encode` of messages has it, with kinds of their own.
/// @pre no name or incarnation is longer than `limits::name_bytes_max`
std::string encode_frame(const link_frame& frame);

/// As `decode_peer_message` has it.
tl::expected<link_frame, undecodable> decode_frame(std::string_view bytes);

}  // namespace talaria::cluster
