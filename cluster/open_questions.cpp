#include "cluster/open_questions.hpp"

#include "cluster/limits.hpp"

namespace talaria::cluster {

std::string_view to_string(question_failure failure) {
  switch (failure) {
    case question_failure::unknown_peer:
      return "there is no such node";
    case question_failure::not_linked:
      return "there is no link to the node";
    case question_failure::too_large:
      return "the question is too large";
    case question_failure::overloaded:
      return "the node has not taken what it was sent before";
    case question_failure::timed_out:
      return "the node did not answer in time";
    case question_failure::link_lost:
      return "the link to the node was lost";
    case question_failure::stopped:
      return "this node is stopping";
  }
  return "unknown";
}

bool open_questions::is_full() const {
  return by_id_.size() >= limits::open_questions_max;
}

void open_questions::add(std::uint64_t id, session_token session, time_point until,
                         answer_handler handler) {
  by_id_.emplace(id, open{session, until, std::move(handler)});
}

std::vector<open_questions::ended> open_questions::take(session_token session, answer given) {
  const auto found = by_id_.find(given.id);
  if (found == by_id_.end() || found->second.session != session)
    return {};
  std::vector<ended> done;
  done.push_back({std::move(found->second.handler), std::move(given)});
  by_id_.erase(found);
  return done;
}

template <class Chosen>
std::vector<open_questions::ended> open_questions::end_all(question_failure failure,
                                                           Chosen is_chosen) {
  std::vector<ended> done;
  for (auto at = by_id_.begin(); at != by_id_.end();) {
    if (!is_chosen(at->second)) {
      ++at;
      continue;
    }
    done.push_back({std::move(at->second.handler), tl::unexpected(failure)});
    at = by_id_.erase(at);
  }
  return done;
}

std::vector<open_questions::ended> open_questions::expire(time_point now) {
  return end_all(question_failure::timed_out, [&](const open& one) { return one.until <= now; });
}

std::vector<open_questions::ended> open_questions::lose(session_token session) {
  return end_all(question_failure::link_lost,
                 [&](const open& one) { return one.session == session; });
}

std::vector<open_questions::ended> open_questions::stop() {
  return end_all(question_failure::stopped, [](const open&) { return true; });
}

}  // namespace talaria::cluster
