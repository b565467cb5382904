#include "domain/fan_out.hpp"

#include <algorithm>

namespace talaria::domain {

namespace {

bool labels_match(const labels& wanted, const labels& given) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const label& label) {
    return std::find(given.begin(), given.end(), label) != given.end();
  });
}

}  // namespace

bool wants(const subscription_settings& settings, std::string_view event_type,
           const labels& event_labels) {
  return std::any_of(settings.event_types.begin(), settings.event_types.end(),
                     [&](const auto& pattern) { return matches(pattern, event_type); }) &&
         labels_match(settings.label_filter, event_labels);
}

void fan_out::put(std::shared_ptr<const subscription> added) {
  erase(added->number);
  if (!added->active())
    return;
  auto& patterns = by_application_[added->application];
  for (const auto& pattern : added->settings.event_types)
    patterns[pattern].push_back(added);
  by_number_[added->number] = std::move(added);
}

void fan_out::erase(subscription_number number) {
  const auto found = by_number_.find(number);
  if (found == by_number_.end())
    return;
  const auto removed = found->second;
  by_number_.erase(found);
  auto& patterns = by_application_[removed->application];
  for (const auto& pattern : removed->settings.event_types) {
    const auto listed = patterns.find(pattern);
    if (listed == patterns.end())
      continue;
    std::erase(listed->second, removed);
    if (listed->second.empty())
      patterns.erase(listed);
  }
  if (patterns.empty())
    by_application_.erase(removed->application);
}

std::vector<std::shared_ptr<const subscription>> fan_out::match(const event& event) const {
  subscriptions matched;
  const auto found = by_application_.find(event.application);
  if (found == by_application_.end())
    return matched;
  const auto& patterns = found->second;
  std::string key;
  const auto add_pattern = [&] {
    const auto listed = patterns.find(key);
    if (listed == patterns.end())
      return;
    std::copy_if(listed->second.begin(), listed->second.end(), std::back_inserter(matched),
                 [&](const auto& candidate) {
                   return labels_match(candidate->settings.label_filter, event.labels);
                 });
  };
  key = "*";
  add_pattern();
  key = event.type;
  add_pattern();
  for (auto dot = event.type.find('.'); dot != std::string::npos;
       dot = event.type.find('.', dot + 1)) {
    key.assign(event.type, 0, dot + 1).append("*");
    add_pattern();
  }
  const auto by_number = [](const auto& left, const auto& right) {
    return left->number < right->number;
  };
  std::sort(matched.begin(), matched.end(), by_number);
  matched.erase(std::unique(matched.begin(), matched.end()), matched.end());
  return matched;
}

}  // namespace talaria::domain
