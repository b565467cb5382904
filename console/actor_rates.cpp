#include "console/actor_rates.hpp"

namespace talaria::console {

actor_rates::entry actor_rates::follow(const entry* former, const counters& now, time at) {
  if (former == nullptr || now.messages < former->last.messages || now.busy < former->last.busy)
    return {now, at, std::nullopt};
  const std::chrono::duration<double> span = at - former->at;
  if (span < span_min)
    return *former;
  const std::chrono::duration<double> busy = now.busy - former->last.busy;
  return {now, at,
          actor_rate{static_cast<double>(now.messages - former->last.messages) / span.count(),
                     busy / span}};
}

void actor_rates::take(const actor_page& page, time at) {
  std::map<std::string, entry> followed;
  for (const auto& actor : page.actors) {
    const auto former = by_path_.find(actor.path);
    followed[actor.path] = follow(former == by_path_.end() ? nullptr : &former->second,
                                  {actor.messages_handled, actor.busy}, at);
  }
  by_path_ = std::move(followed);
  all_counted_ = page.messages_handled.has_value();
  if (all_counted_)
    all_ = follow(all_ ? &*all_ : nullptr, {*page.messages_handled, {}}, at);
}

std::optional<actor_rate> actor_rates::find(const std::string& path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? std::nullopt : found->second.rate;
}

std::optional<double> actor_rates::messages_per_second() const {
  if (all_counted_)
    return all_ && all_->rate ? std::optional{all_->rate->messages_per_second} : std::nullopt;
  std::optional<double> sum;
  for (const auto& [path, entry] : by_path_) {
    if (entry.rate)
      sum = sum.value_or(0) + entry.rate->messages_per_second;
  }
  return sum;
}

}  // namespace talaria::console
