#pragma once

#include "cluster/credit_window.hpp"
#include "cluster/hello.hpp"
#include "cluster/line.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace talaria::cluster {

/// Another process of the cluster, and where its links listen.
struct peer {
  /// Unique among all processes there ever were; its text orders the two ends of a link.
  std::string incarnation;
  std::string name;
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const peer&) const = default;
};

enum class link_state : std::uint8_t {
  connecting,  ///< is being dialed, or dials us
  greeting,    ///< the hello is under way
  up,
  refused,  ///< one of the two does not accept the other; is tried again
  down,     ///< was lost, or could not be made; is tried again
};

std::string_view to_string(link_state state);

/// What a link has seen since its peer became known.
struct link_counts {
  std::uint64_t messages_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t bytes_received = 0;
  /// Not sent: the link was not up, or its window was full.
  std::uint64_t messages_dropped = 0;
  /// Not taken: damaged, of another session, or of a kind that is not known.
  std::uint64_t frames_refused = 0;
};

/// What all links of a node have in common.
struct link_settings {
  using time_point = std::chrono::steady_clock::time_point;

  introduction own;
  std::string secret;
  /// Longest wait for the next step of a hello.
  std::chrono::milliseconds hello_timeout{4'000};
  /// Before the second dial; doubles with every further one.
  std::chrono::milliseconds redial_pause_min{250};
  std::chrono::milliseconds redial_pause_max{5'000};
  /// How long the end that is dialed waits before it dials by itself. Only one end dials as a rule,
  /// because CAF may close both of two connections that cross.
  std::chrono::milliseconds patience{3'000};
  credit_window::bounds credit{};
  /// Random bytes, fresh every time.
  std::function<nonce()> make_nonce;
};

/// This node's end of its link to one peer: hello, credit, and when to dial.
///
///     waiting ──dial──► dialing ──connected──► greeting ──proven──► up
///        ▲                 │ failed               │ refused,          │ lost
///        └─────────────────┴──────────────────────┴─timed out ◄───────┘
///
/// The peer may dial as well, and its greeting is answered in every state. If two greetings cross,
/// that of the end with the smaller incarnation counts. A session that is up goes on until the peer
/// has proven a new one.
///
/// Pure: not thread-safe, reads no clock, and sends by lines that it is given.
class link {
public:
  using time_point = link_settings::time_point;

  /// @param settings must outlive it.
  link(cluster::peer peer, const link_settings& settings, time_point now);

  const cluster::peer& peer() const { return peer_; }
  /// Another name or address of the same incarnation.
  void set_peer(cluster::peer peer) { peer_ = std::move(peer); }

  /// @returns whether to dial now: the caller must, and say how it went.
  bool begin_dial(time_point now);
  void dial_failed(std::string error, time_point now);
  /// Greets, unless the peer has by now.
  void dial_connected(line_pointer reached, time_point now);
  /// A line broke, whichever it is.
  void line_lost(const std::string& key, const std::string& reason, time_point now);
  /// Nothing that was under way leads anywhere: whoever sent and took it for this node has ended.
  void lose_everything(const std::string& reason, time_point now);
  /// Gives up steps of the hello that have taken too long.
  void tick(time_point now);

  // Frames of the peer. Those with a challenge or a session concern this link only if `awaits` or
  // `has_session` say so.
  bool awaits(const nonce& challenge) const;
  bool has_session(session_token session) const { return session_ && session_->token == session; }
  void take(const greeting& frame, line_pointer from, time_point now);
  void take(const greeting_answered& frame, time_point now);
  void take(const greeting_proven& frame, time_point now);
  void take(const greeting_refused& frame, time_point now);
  /// @returns whether the message is to be handled: it may have been, and then counts for nothing.
  bool take(const carried& frame);
  void take(const acknowledged& frame, time_point now);
  void take(const session_ended& frame, time_point now);
  void count_refused_frame() { ++counts_.frames_refused; }

  /// A message that was taken was handled, too.
  void handled(session_token session, std::uint64_t sequence);
  /// Tells the peer of all that was handled, if that is news.
  void acknowledge();

  /// @param message as `encode` has it
  /// @returns whether it was sent; it may be lost all the same.
  bool send(const std::string& message, time_point now);

  /// Ends the session, and tells the peer.
  void end();

  /// 0: not up.
  session_token session() const { return session_ ? session_->token : 0; }

  link_state state() const { return state_; }
  time_point since() const { return since_; }
  const std::string& last_error() const { return last_error_; }
  const link_counts& counts() const { return counts_; }
  std::size_t unacknowledged_messages() const { return session_ ? session_->sent.messages() : 0; }
  std::size_t unacknowledged_bytes() const { return session_ ? session_->sent.bytes() : 0; }
  /// Of the last acknowledgement; 0 before the first.
  std::chrono::nanoseconds round_trip() const { return round_trip_; }
  std::uint16_t protocol() const { return session_ ? session_->protocol : 0; }

private:
  struct session_state {
    session_token token;
    std::uint16_t protocol;
    line_pointer by;
    credit_window sent;
    std::uint64_t received = 0;
    std::uint64_t handled = 0;
    std::uint64_t acknowledged = 0;
  };
  template <class Hello>
  struct hello_under_way {
    Hello hello;
    line_pointer by;
    time_point until;
  };

  bool dials_first() const { return settings_.own.incarnation < peer_.incarnation; }
  void enter(link_state state, time_point now);
  /// Not up, for this reason: a later dial may help.
  void fall(link_state state, std::string error, time_point now);
  void come_up(const agreement& agreed, line_pointer by, time_point now);
  void schedule_dial(time_point now);

  cluster::peer peer_;
  const link_settings& settings_;

  link_state state_ = link_state::connecting;
  time_point since_;
  std::string last_error_;
  link_counts counts_;
  std::chrono::nanoseconds round_trip_{};

  bool dialing_ = false;
  time_point dial_at_;
  std::uint32_t failures_ = 0;
  std::optional<hello_under_way<dialer_hello>> asking_;
  std::optional<hello_under_way<listener_hello>> answering_;
  std::optional<session_state> session_;
};

}  // namespace talaria::cluster
