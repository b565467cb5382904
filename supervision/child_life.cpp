#include "supervision/child_life.hpp"

namespace talaria::supervision {

void child_life::start(domain::timestamp now) {
  up_ = true;
  card_->started(now);
}

void child_life::told_to_stop() {
  card_->state = actor_state::stopping;
}

void child_life::ended() {
  up_ = false;
  card_->state = actor_state::stopping;
}

std::optional<std::chrono::milliseconds> child_life::failed(const std::string& reason,
                                                            const moment& at) {
  const auto wait = budget_.spend(at.steady, at.jitter);
  up_ = false;
  card_->failed(reason, at.now);
  card_->state = wait ? actor_state::backing_off : actor_state::stopping;
  return wait;
}

void child_life::failed_by_another(const std::string& reason, const moment& at) {
  up_ = false;
  card_->failed(reason, at.now);
  card_->state = actor_state::backing_off;
}

void child_life::quarantine(domain::timestamp now) {
  card_->quarantined(now);
}

bool child_life::release(domain::timestamp now) {
  if (up_ || state() != actor_state::quarantined)
    return false;
  budget_.refill();
  card_->released(now);
  return true;
}

void child_life::await_restart() {
  up_ = false;
  card_->state = actor_state::restarting;
}

}  // namespace talaria::supervision
