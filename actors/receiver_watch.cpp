#include "actors/receiver_watch.hpp"

#include <utility>

namespace talaria::actors {

void receiver_watch::use(const domain::subscription& subscription) {
  breaker_.configure(subscription.settings.circuit_breaker);
  const bool is_first = !stored_;
  const bool came_back = subscription.active() && !was_active_;
  if (is_first) {
    stored_ = subscription.health;
    failing_since_ = subscription.health.failing_since;
    breaker_.restore(subscription.health.breaker);
  } else if (came_back || subscription.settings.url != url_) {
    stored_ = subscription.health;
    failing_since_.reset();
    breaker_ = {};
    breaker_.configure(subscription.settings.circuit_breaker);
  }
  was_active_ = subscription.active();
  url_ = subscription.settings.url;
}

std::optional<receiver_watch::finding> receiver_watch::ended(
    permit given, const domain::attempt& made, const domain::subscription& subscription,
    domain::timestamp now) {
  const auto before = breaker_.opening();
  const auto change = breaker_.ended(given, made, now);
  if (made.succeeded())
    failing_since_.reset();
  else if (!failing_since_)
    failing_since_ = now;
  finding found{.health = health(), .given_up = false, .tells = {}};
  using breaker_change = domain::circuit_breaker::change;
  if (change == breaker_change::opened)
    found.tells.push_back(
        domain::tell_breaker_opened(new_id_(), subscription, *breaker_.opening(), now));
  if (change == breaker_change::closed)
    found.tells.push_back(domain::tell_recovered(new_id_(), subscription, *before, now));
  if (domain::has_failed_too_long(found.health, subscription.settings.disable_after_failing, now)) {
    found.given_up = true;
    found.tells.push_back(domain::tell_disabled(
        new_id_(), subscription, domain::disabled_reason::failing, found.health, now));
  }
  if (!found.given_up && !domain::is_worth_storing(found.health, *stored_, now))
    return std::nullopt;
  stored_ = found.health;
  return found;
}

std::optional<receiver_watch::finding> receiver_watch::take_unstored() {
  if (!stored_ || *stored_ == health())
    return std::nullopt;
  stored_ = health();
  return finding{.health = health(), .given_up = false, .tells = {}};
}

}  // namespace talaria::actors
