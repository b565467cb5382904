#include "cluster/link_table.hpp"

#include "cluster/peer_message_codec.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace talaria::cluster {

namespace {

link_status status_of(const link& shown) {
  return {.name = shown.peer().name,
          .incarnation = shown.peer().incarnation,
          .state = shown.state(),
          .since = shown.since(),
          .last_error = shown.last_error(),
          .counts = shown.counts(),
          .unacknowledged_messages = shown.unacknowledged_messages(),
          .unacknowledged_bytes = shown.unacknowledged_bytes(),
          .round_trip = shown.round_trip()};
}

}  // namespace

void link_table::add_ended(std::vector<open_questions::ended> ended) {
  std::ranges::move(ended, std::back_inserter(ended_));
}

template <class Change>
void link_table::change(link& changed, Change apply) {
  const auto before = changed.session();
  apply(changed);
  if (before != 0 && changed.session() != before)
    add_ended(questions_.lose(before));
}

link* link_table::find(std::string_view incarnation) {
  const auto found = links_.find(incarnation);
  return found == links_.end() ? nullptr : &found->second;
}

link* link_table::find_session(session_token session, std::uint16_t protocol) {
  for (auto& [incarnation, candidate] : links_) {
    if (candidate.has_session(session) && candidate.protocol() == protocol)
      return &candidate;
  }
  return nullptr;
}

void link_table::set_peers(const std::vector<peer>& peers, time_point now) {
  if (stopped_)
    return;
  std::set<std::string_view> named;
  for (const auto& one : peers) {
    if (one.incarnation == settings_.own.incarnation)
      continue;
    named.insert(one.incarnation);
    if (auto* known = find(one.incarnation))
      known->set_peer(one);
    else
      links_.try_emplace(one.incarnation, one, settings_, now);
  }
  for (auto at = links_.begin(); at != links_.end();) {
    if (named.contains(at->first)) {
      ++at;
      continue;
    }
    change(at->second, [](link& gone) { gone.end(); });
    at = links_.erase(at);
  }
}

std::vector<peer> link_table::begin_dials(time_point now) {
  std::vector<peer> dials;
  for (auto& [incarnation, candidate] : links_) {
    if (candidate.begin_dial(now))
      dials.push_back(candidate.peer());
  }
  return dials;
}

void link_table::dial_failed(const std::string& incarnation, const std::string& error,
                             time_point now) {
  if (auto* dialed = find(incarnation))
    dialed->dial_failed(error, now);
}

void link_table::dial_connected(const std::string& incarnation, line_pointer reached,
                                time_point now) {
  if (auto* dialed = find(incarnation))
    dialed->dial_connected(std::move(reached), now);
}

void link_table::line_lost(const std::string& key, const std::string& reason, time_point now) {
  for (auto& [incarnation, one] : links_)
    change(one, [&](link& changed) { changed.line_lost(key, reason, now); });
}

void link_table::gateway_lost(const std::string& reason, time_point now) {
  for (auto& [incarnation, one] : links_)
    change(one, [&](link& changed) { changed.lose_everything(reason, now); });
}

void link_table::tick(time_point now) {
  for (auto& [incarnation, one] : links_)
    change(one, [&](link& changed) { changed.tick(now); });
  add_ended(questions_.expire(now));
}

template <class Frame>
void link_table::take_step(const Frame& frame, time_point now) {
  const auto found = std::ranges::find_if(
      links_, [&](const auto& entry) { return entry.second.awaits(frame.greeted); });
  if (found == links_.end())
    ++strange_frames_;
  else
    change(found->second, [&](link& changed) { changed.take(frame, now); });
}

void link_table::take(const greeting& frame, const make_line& from, time_point now) {
  if (auto* known = find(frame.from.incarnation))
    return change(*known, [&](link& changed) { changed.take(frame, from(), now); });
  ++strange_frames_;
  // It may be a node that we have not heard of yet.
  from()->send(0, encode_frame(greeting_refused{.greeted = frame.challenge,
                                                .reason = refusal::unknown_peer}));
}

std::optional<link_table::arrived> link_table::take(const carried& frame, std::uint16_t protocol,
                                                    const make_line& from) {
  auto* by = find_session(frame.session, protocol);
  if (by == nullptr) {
    ++strange_frames_;
    // Whoever believes in a session that we know nothing of would wait for us for ever.
    from()->send(protocol, encode_frame(session_ended{.session = frame.session}));
    return std::nullopt;
  }
  if (!by->take(frame))
    return std::nullopt;
  auto message = decode_peer_message(frame.message);
  if (!message) {
    by->count_refused_frame();
    by->handled(frame.session, frame.sequence);
    return std::nullopt;
  }
  if (auto* given = std::get_if<answer>(&*message)) {
    add_ended(questions_.take(frame.session, std::move(*given)));
    by->handled(frame.session, frame.sequence);
    return std::nullopt;
  }
  return arrived{.incarnation = by->peer().incarnation,
                 .session = frame.session,
                 .sequence = frame.sequence,
                 .message = *std::move(message)};
}

std::optional<link_table::arrived> link_table::take(std::uint16_t protocol, std::string_view bytes,
                                                    const make_line& from, time_point now) {
  const auto read = decode_frame(bytes);
  if (!read || stopped_) {
    ++strange_frames_;
    return std::nullopt;
  }
  if (const auto* frame = std::get_if<carried>(&*read))
    return take(*frame, protocol, from);
  if (const auto* frame = std::get_if<acknowledged>(&*read)) {
    if (auto* by = find_session(frame->session, protocol))
      by->take(*frame, now);
    else
      ++strange_frames_;
  } else if (const auto* frame = std::get_if<session_ended>(&*read)) {
    if (auto* by = find_session(frame->session, protocol))
      change(*by, [&](link& changed) { changed.take(*frame, now); });
    else
      ++strange_frames_;
  } else if (const auto* frame = std::get_if<greeting>(&*read)) {
    take(*frame, from, now);
  } else if (const auto* frame = std::get_if<greeting_answered>(&*read)) {
    take_step(*frame, now);
  } else if (const auto* frame = std::get_if<greeting_proven>(&*read)) {
    take_step(*frame, now);
  } else if (const auto* frame = std::get_if<greeting_refused>(&*read)) {
    take_step(*frame, now);
  }
  return std::nullopt;
}

void link_table::handled(const arrived& message) {
  if (auto* by = find(message.incarnation))
    by->handled(message.session, message.sequence);
}

void link_table::acknowledge() {
  for (auto& [incarnation, one] : links_)
    one.acknowledge();
}

bool link_table::send(std::string_view incarnation, const peer_message& message, time_point now) {
  auto* by = find(incarnation);
  const auto bytes = encode(message);
  return by != nullptr && bytes && by->send(*bytes, now);
}

void link_table::broadcast(const peer_message& message, time_point now) {
  const auto bytes = encode(message);
  if (!bytes)
    return;
  for (auto& [incarnation, one] : links_)
    one.send(*bytes, now);
}

void link_table::ask(std::string_view incarnation, std::string text,
                     std::chrono::milliseconds timeout, answer_handler handler, time_point now) {
  const auto fail = [&](question_failure failure) {
    ended_.push_back({std::move(handler), tl::unexpected(failure)});
  };
  if (stopped_)
    return fail(question_failure::stopped);
  auto* by = find(incarnation);
  if (by == nullptr)
    return fail(question_failure::unknown_peer);
  if (by->session() == 0)
    return fail(question_failure::not_linked);
  const auto id = ++last_question_;
  const auto bytes = encode(question{.id = id, .text = std::move(text)});
  if (!bytes)
    return fail(question_failure::too_large);
  if (questions_.is_full() || !by->send(*bytes, now))
    return fail(question_failure::overloaded);
  questions_.add(id, by->session(), now + timeout, std::move(handler));
}

void link_table::stop() {
  stopped_ = true;
  for (auto& [incarnation, one] : links_)
    one.end();
  links_.clear();
  add_ended(questions_.stop());
}

std::vector<link_status> link_table::status() const {
  std::vector<link_status> shown;
  shown.reserve(links_.size());
  for (const auto& [incarnation, one] : links_)
    shown.push_back(status_of(one));
  return shown;
}

}  // namespace talaria::cluster
