#pragma once

#include "cluster/link.hpp"
#include "cluster/open_questions.hpp"
#include "cluster/peer_message.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::cluster {

/// A link, for those who look into a node.
struct link_status {
  std::string name;
  std::string incarnation;
  link_state state{};
  /// On the steady clock.
  link_settings::time_point since;
  /// Why the link is not up, or was not the last time; empty since it is up.
  std::string last_error;
  link_counts counts;
  std::size_t unacknowledged_messages = 0;
  std::size_t unacknowledged_bytes = 0;
  /// Of the last acknowledgement; 0 before the first.
  std::chrono::nanoseconds round_trip{};
};

/// All links of a node, and the questions that it has asked by them.
///
/// Pure, as a link is: the caller has the lock, the clock, the lines and the threads. After every
/// call it tells those whose questions have ended (`take_ended`), without the lock.
class link_table {
public:
  using time_point = link_settings::time_point;
  using make_line = std::function<line_pointer()>;

  explicit link_table(link_settings settings) : settings_(std::move(settings)) {}
  link_table(const link_table&) = delete;
  link_table& operator=(const link_table&) = delete;

  /// All others of the cluster: new ones are dialed, those that are not named are forgotten.
  void set_peers(const std::vector<peer>& peers, time_point now);

  /// Whom to dial now; to be followed by one of the two below for each.
  std::vector<peer> begin_dials(time_point now);
  void dial_failed(const std::string& incarnation, const std::string& error, time_point now);
  void dial_connected(const std::string& incarnation, line_pointer reached, time_point now);
  void line_lost(const std::string& key, const std::string& reason, time_point now);
  /// The gateway has ended: so have all lines and dials, and what was asked by them.
  void gateway_lost(const std::string& reason, time_point now);
  void tick(time_point now);

  /// A message that came by a session, and is to be handled.
  struct arrived {
    std::string incarnation;
    session_token session = 0;
    std::uint64_t sequence = 0;
    peer_message message;
  };
  /// What a gateway sent; `from` leads back to it. Answers are seen to here.
  std::optional<arrived> take(std::uint16_t protocol, std::string_view bytes, const make_line& from,
                              time_point now);
  void handled(const arrived& message);
  /// Tells peers of what was handled, if that is news.
  void acknowledge();

  bool send(std::string_view incarnation, const peer_message& message, time_point now);
  void broadcast(const peer_message& message, time_point now);
  void ask(std::string_view incarnation, std::string text, std::chrono::milliseconds timeout,
           answer_handler handler, time_point now);

  std::vector<open_questions::ended> take_ended() { return std::exchange(ended_, {}); }

  /// Ends every link and question. What is asked afterwards fails, and what comes is dropped.
  void stop();

  std::vector<link_status> status() const;
  /// Frames that could be ascribed to no link: damaged, of strangers, of sessions that have ended.
  std::uint64_t strange_frames() const { return strange_frames_; }
  std::size_t open_questions_count() const { return questions_.size(); }

private:
  /// Lets the questions of a session end with it.
  template <class Change>
  void change(link& changed, Change apply);
  void add_ended(std::vector<open_questions::ended> ended);

  link* find(std::string_view incarnation);
  link* find_session(session_token session, std::uint16_t protocol);
  template <class Frame>
  void take_step(const Frame& frame, time_point now);
  void take(const greeting& frame, const make_line& from, time_point now);
  std::optional<arrived> take(const carried& frame, std::uint16_t protocol, const make_line& from);

  const link_settings settings_;
  std::map<std::string, link, std::less<>> links_;
  open_questions questions_;
  std::uint64_t last_question_ = 0;
  std::vector<open_questions::ended> ended_;
  std::uint64_t strange_frames_ = 0;
  bool stopped_ = false;
};

}  // namespace talaria::cluster
