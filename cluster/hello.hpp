#pragma once

#include "cluster/link_frame.hpp"

#include <tl/expected.hpp>

#include <string>

/// How two nodes make sure of each other, before either believes a word of the other:
///
///     dialer                                        listener
///       greeting: challenge, who, to whom  ────────►  knows the dialer, is meant by it,
///                                                     and has a protocol in common with it
///       verifies   ◄────────  greeting_answered: challenge, who, proof
///       greeting_proven: proof  ──────────────────►   verifies
///
/// A proof is the HMAC-SHA256, with the cluster's secret, of the role of who proves, both
/// challenges, and all that both have said of themselves. So it holds for no other hello, is of no
/// use to the other side, and nobody can change in between what was said. Proofs are compared in
/// constant time.
namespace talaria::cluster {

/// What a hello ends with.
struct agreement {
  std::string name;
  std::uint16_t protocol = 0;
  session_token session = 0;

  bool operator==(const agreement&) const = default;
};

/// The side that dials. Pure.
class dialer_hello {
public:
  /// @param challenge fresh random bytes
  dialer_hello(introduction own, std::string peer_incarnation, std::string secret, nonce challenge)
      : own_(std::move(own)),
        peer_incarnation_(std::move(peer_incarnation)),
        secret_(std::move(secret)),
        challenge_(challenge) {}

  const nonce& challenge() const { return challenge_; }
  greeting greet() const;

  struct ended {
    agreement agreed;
    /// To be sent before anything else.
    greeting_proven proven;
  };
  /// @pre the answer is to our challenge
  tl::expected<ended, refusal> take(const greeting_answered& answer) const;

private:
  introduction own_;
  std::string peer_incarnation_;
  std::string secret_;
  nonce challenge_;
};

/// The side that listens. Pure.
class listener_hello {
public:
  /// @param challenge fresh random bytes
  static tl::expected<listener_hello, refusal> begin(introduction own, std::string secret,
                                                     nonce challenge, greeting greeted);

  const nonce& challenge() const { return challenge_; }
  greeting_answered answer() const;

  /// @pre the proof is for our challenge
  tl::expected<agreement, refusal> take(const greeting_proven& proven) const;

private:
  listener_hello(introduction own, std::string secret, nonce challenge, greeting greeted)
      : own_(std::move(own)),
        secret_(std::move(secret)),
        challenge_(challenge),
        greeting_(std::move(greeted)) {}

  introduction own_;
  std::string secret_;
  nonce challenge_;
  greeting greeting_;
};

}  // namespace talaria::cluster
