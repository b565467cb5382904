#include "cluster/link.hpp"

#include <algorithm>
#include <utility>

namespace talaria::cluster {

namespace {

/// Before it is agreed on.
constexpr std::uint16_t no_protocol = 0;

void send_frame(line& by, std::uint16_t protocol, const link_frame& frame) {
  by.send(protocol, encode_frame(frame));
}

}  // namespace

std::string_view to_string(link_state state) {
  switch (state) {
    case link_state::connecting:
      return "connecting";
    case link_state::greeting:
      return "greeting";
    case link_state::up:
      return "up";
    case link_state::refused:
      return "refused";
    case link_state::down:
      return "down";
  }
  return "unknown";
}

link::link(cluster::peer peer, const link_settings& settings, time_point now)
    : peer_(std::move(peer)), settings_(settings), since_(now) {
  dial_at_ = dials_first() ? now : now + settings_.patience;
}

void link::enter(link_state state, time_point now) {
  if (std::exchange(state_, state) != state)
    since_ = now;
}

void link::fall(link_state state, std::string error, time_point now) {
  last_error_ = std::move(error);
  asking_.reset();
  session_.reset();
  enter(state, now);
  schedule_dial(now);
}

void link::schedule_dial(time_point now) {
  constexpr std::uint32_t doublings_max = 16;
  const auto pause = settings_.redial_pause_min * (1U << std::min(failures_, doublings_max));
  dial_at_ = now + std::min<std::chrono::milliseconds>(pause, settings_.redial_pause_max);
  if (!dials_first())
    dial_at_ += settings_.patience;
  ++failures_;
}

bool link::begin_dial(time_point now) {
  const bool wanted = !session_ && !asking_ && !answering_ && !dialing_ && now >= dial_at_;
  if (wanted)
    dialing_ = true;
  return wanted;
}

void link::dial_failed(std::string error, time_point now) {
  dialing_ = false;
  if (session_ || asking_ || answering_)
    return;
  fall(link_state::down, std::move(error), now);
}

void link::dial_connected(line_pointer reached, time_point now) {
  dialing_ = false;
  if (session_ || answering_)
    return;
  asking_.emplace(hello_under_way<dialer_hello>{
      .hello = {settings_.own, peer_.incarnation, settings_.secret, settings_.make_nonce()},
      .by = std::move(reached),
      .until = now + settings_.hello_timeout});
  enter(link_state::greeting, now);
  send_frame(*asking_->by, no_protocol, asking_->hello.greet());
}

void link::line_lost(const std::string& key, const std::string& reason, time_point now) {
  if (answering_ && answering_->by->key() == key)
    answering_.reset();
  const bool session_lost = session_ && session_->by->key() == key;
  const bool hello_lost = asking_ && asking_->by->key() == key;
  if (session_lost)
    failures_ = 0;
  if (session_lost || hello_lost)
    fall(link_state::down, reason, now);
  else if (state_ == link_state::greeting && !asking_ && !answering_)
    fall(link_state::down, reason, now);
}

void link::lose_everything(const std::string& reason, time_point now) {
  dialing_ = false;
  answering_.reset();
  if (session_)
    failures_ = 0;
  fall(link_state::down, reason, now);
}

void link::tick(time_point now) {
  if (answering_ && now >= answering_->until) {
    answering_.reset();
    if (!session_)
      fall(link_state::down, "the peer did not end its hello", now);
  }
  if (asking_ && now >= asking_->until)
    fall(link_state::down, "the peer did not answer the hello", now);
}

bool link::awaits(const nonce& challenge) const {
  return (asking_ && asking_->hello.challenge() == challenge) ||
         (answering_ && answering_->hello.challenge() == challenge);
}

void link::take(const greeting& frame, line_pointer from, time_point now) {
  const bool ours_counts = asking_ && dials_first();
  if (ours_counts)
    return;
  auto begun =
      listener_hello::begin(settings_.own, settings_.secret, settings_.make_nonce(), frame);
  if (!begun) {
    send_frame(*from, no_protocol,
               greeting_refused{.greeted = frame.challenge, .reason = begun.error()});
    if (!session_)
      fall(link_state::refused, std::string{to_string(begun.error())}, now);
    return;
  }
  asking_.reset();
  answering_.emplace(hello_under_way<listener_hello>{
      .hello = *std::move(begun), .by = std::move(from), .until = now + settings_.hello_timeout});
  if (!session_)
    enter(link_state::greeting, now);
  send_frame(*answering_->by, no_protocol, answering_->hello.answer());
}

void link::take(const greeting_answered& frame, time_point now) {
  if (!asking_ || asking_->hello.challenge() != frame.greeted)
    return count_refused_frame();
  const auto ended = asking_->hello.take(frame);
  if (!ended) {
    send_frame(*asking_->by, no_protocol,
               greeting_refused{.greeted = frame.challenge, .reason = ended.error()});
    return fall(link_state::refused, std::string{to_string(ended.error())}, now);
  }
  const auto by = asking_->by;
  send_frame(*by, no_protocol, ended->proven);
  come_up(ended->agreed, by, now);
}

void link::take(const greeting_proven& frame, time_point now) {
  if (!answering_ || answering_->hello.challenge() != frame.greeted)
    return count_refused_frame();
  const auto agreed = answering_->hello.take(frame);
  if (!agreed) {
    answering_.reset();
    if (!session_)
      fall(link_state::refused, std::string{to_string(agreed.error())}, now);
    return;
  }
  come_up(*agreed, answering_->by, now);
}

void link::take(const greeting_refused& frame, time_point now) {
  if (answering_ && answering_->hello.challenge() == frame.greeted)
    answering_.reset();
  else if (asking_ && asking_->hello.challenge() == frame.greeted)
    asking_.reset();
  else
    return count_refused_frame();
  if (session_)
    return;
  // The peer will know us once it has looked at the members again.
  const bool is_early = frame.reason == refusal::unknown_peer;
  fall(is_early ? link_state::down : link_state::refused,
       "the peer says: " + std::string{to_string(frame.reason)}, now);
}

void link::come_up(const agreement& agreed, line_pointer by, time_point now) {
  asking_.reset();
  answering_.reset();
  failures_ = 0;
  last_error_.clear();
  session_.emplace(session_state{.token = agreed.session,
                                 .protocol = agreed.protocol,
                                 .by = std::move(by),
                                 .sent = credit_window{settings_.credit}});
  state_ = link_state::up;
  since_ = now;
}

bool link::take(const carried& frame) {
  if (!has_session(frame.session) || frame.sequence <= session_->received) {
    count_refused_frame();
    return false;
  }
  session_->received = frame.sequence;
  ++counts_.messages_received;
  counts_.bytes_received += frame.message.size();
  return true;
}

void link::handled(session_token session, std::uint64_t sequence) {
  if (has_session(session))
    session_->handled = std::max(session_->handled, sequence);
}

void link::acknowledge() {
  if (!session_ || session_->acknowledged == session_->handled)
    return;
  session_->acknowledged = session_->handled;
  send_frame(*session_->by, session_->protocol,
             acknowledged{.session = session_->token, .sequence = session_->handled});
}

void link::take(const acknowledged& frame, time_point now) {
  const auto took =
      has_session(frame.session) ? session_->sent.acknowledge(frame.sequence, now) : std::nullopt;
  if (took)
    round_trip_ = *took;
  else
    count_refused_frame();
}

void link::take(const session_ended& frame, time_point now) {
  if (has_session(frame.session))
    fall(link_state::down, "the peer has ended the session", now);
}

bool link::send(const std::string& message, time_point now) {
  if (!session_ || !session_->sent.admits()) {
    ++counts_.messages_dropped;
    return false;
  }
  // First, so that what the peer sends because of this finds room in its window.
  acknowledge();
  const auto sequence = session_->sent.add(message.size(), now);
  ++counts_.messages_sent;
  counts_.bytes_sent += message.size();
  send_frame(*session_->by, session_->protocol,
             carried{.session = session_->token, .sequence = sequence, .message = message});
  return true;
}

void link::end() {
  if (session_)
    send_frame(*session_->by, session_->protocol, session_ended{.session = session_->token});
  session_.reset();
}

}  // namespace talaria::cluster
