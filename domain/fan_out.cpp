#include "domain/fan_out.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace talaria::domain {

namespace {

bool labels_match(const labels& wanted, const labels& given) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const label& label) {
    return std::find(given.begin(), given.end(), label) != given.end();
  });
}

/// Parses a payload when the first filter asks for it.
class payload_at_need {
public:
  explicit payload_at_need(const std::string& text) : text_(text) {}

  bool matches(const payload_filter& filter) {
    if (filter.empty())
      return true;
    if (!parsed_)
      parsed_.emplace(text_);
    return filter.matches(*parsed_);
  }

private:
  const std::string& text_;
  std::optional<parsed_payload> parsed_;
};

}  // namespace

bool wants(const subscription_settings& settings, const event& event) {
  payload_at_need payload{event.payload};
  return std::any_of(settings.event_types.begin(), settings.event_types.end(),
                     [&](const auto& pattern) { return matches(pattern, event.type); }) &&
         labels_match(settings.label_filter, event.labels) &&
         payload.matches(settings.payload_filter);
}

bool fan_out::interest_order::operator()(const interest& left, const interest& right) const {
  if (left.application != right.application)
    return left.application < right.application;
  if (left.event_types != right.event_types)
    return left.event_types < right.event_types;
  if (const auto order = left.filter <=> right.filter; order != 0)
    return order < 0;
  return std::ranges::lexicographical_compare(left.label_filter, right.label_filter, {},
                                              &label::name, &label::name) ||
         (std::ranges::equal(left.label_filter, right.label_filter, {}, &label::name,
                             &label::name) &&
          std::ranges::lexicographical_compare(left.label_filter, right.label_filter, {},
                                               &label::value, &label::value));
}

void fan_out::put(const subscription& added) {
  erase(added.number);
  if (!added.active())
    return;
  const auto [found, is_new] =
      groups_.try_emplace({added.application, added.settings.event_types,
                           added.settings.label_filter, added.settings.payload_filter});
  auto& members = found->second;
  members.insert(std::ranges::lower_bound(members, added.number), added.number);
  by_number_.emplace(added.number, &*found);
  if (is_new)
    list(*found);
}

void fan_out::erase(subscription_number number) {
  const auto found = by_number_.find(number);
  if (found == by_number_.end())
    return;
  auto& group = *found->second;
  by_number_.erase(found);
  auto& members = group.second;
  members.erase(std::ranges::lower_bound(members, number));
  if (!members.empty())
    return;
  unlist(group);
  groups_.erase(groups_.find(group.first));
}

void fan_out::list(const group& added) {
  auto& patterns = by_application_[added.first.application];
  for (const auto& pattern : added.first.event_types)
    patterns[pattern].push_back(&added);
}

void fan_out::unlist(const group& removed) {
  auto& patterns = by_application_[removed.first.application];
  for (const auto& pattern : removed.first.event_types) {
    const auto listed = patterns.find(pattern);
    if (listed == patterns.end())
      continue;
    std::erase(listed->second, &removed);
    if (listed->second.empty())
      patterns.erase(listed);
  }
  if (patterns.empty())
    by_application_.erase(removed.first.application);
}

std::vector<const fan_out::group*> fan_out::find_groups(const event& event) const {
  std::vector<const group*> found;
  const auto of_application = by_application_.find(event.application);
  if (of_application == by_application_.end())
    return found;
  const auto& patterns = of_application->second;
  std::string key;
  const auto add_pattern = [&] {
    if (const auto listed = patterns.find(key); listed != patterns.end())
      found.insert(found.end(), listed->second.begin(), listed->second.end());
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
  // One is found by each of its patterns.
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

std::vector<subscription_number> fan_out::match(const event& event) const {
  std::vector<subscription_number> matched;
  payload_at_need payload{event.payload};
  for (const auto* group : find_groups(event)) {
    const auto& asked = group->first;
    if (!labels_match(asked.label_filter, event.labels) || !payload.matches(asked.filter))
      continue;
    const auto& members = group->second;
    const auto middle = static_cast<std::ptrdiff_t>(matched.size());
    matched.insert(matched.end(), members.begin(), members.end());
    std::inplace_merge(matched.begin(), matched.begin() + middle, matched.end());
  }
  return matched;
}

}  // namespace talaria::domain
