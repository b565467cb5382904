#pragma once

#include "cluster/link_frame.hpp"
#include "cluster/peer_message.hpp"

#include <tl/expected.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::cluster {

/// Why a question has no answer.
enum class question_failure : std::uint8_t {
  unknown_peer,  ///< no such node
  not_linked,    ///< there is no link to it now
  too_large,     ///< the question is over its limit
  overloaded,    ///< the peer has not taken what it was sent before, or too many questions are open
  timed_out,     ///< no answer in time; it may come, and is then ignored
  link_lost,     ///< the link broke, or the peer has left; it may have been asked
  stopped,       ///< this node's links have ended
};

std::string_view to_string(question_failure failure);

using asked = tl::expected<answer, question_failure>;
using answer_handler = std::function<void(asked)>;

/// The questions of this node that wait for their answers. Each ends once, by what it gives back.
///
/// Pure: not thread-safe, reads no clock, and calls no handler.
class open_questions {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct ended {
    answer_handler handler;
    asked outcome;

    void tell() { handler(std::move(outcome)); }
  };

  bool is_full() const;
  std::size_t size() const { return by_id_.size(); }
  /// @pre not full
  void add(std::uint64_t id, session_token session, time_point until, answer_handler handler);

  /// @returns nothing for an answer that nobody waits for: it came late, or from another session.
  std::vector<ended> take(session_token session, answer given);
  std::vector<ended> expire(time_point now);
  std::vector<ended> lose(session_token session);
  std::vector<ended> stop();

private:
  struct open {
    session_token session;
    time_point until;
    answer_handler handler;
  };

  template <class Chosen>
  std::vector<ended> end_all(question_failure failure, Chosen is_chosen);

  std::map<std::uint64_t, open> by_id_;
};

}  // namespace talaria::cluster
