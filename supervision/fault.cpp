#include "supervision/fault.hpp"

#include "domain/enum_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace talaria::supervision {

namespace {

using domain::ec;
using domain::fail;
using domain::result;

constexpr domain::enum_texts<6> action_texts{"throw", "kill", "delay", "hang", "fail", "exit"};

std::string names_of(const std::vector<fault_action>& actions) {
  std::vector<std::string_view> names;
  for (const auto action : actions)
    names.push_back(to_string(action));
  return fmt::format("{}", fmt::join(names, ", "));
}

result<void> check_target(const fault_target& target, const fault_point& point) {
  const auto refuse = [&](const char* field) {
    return fail(ec::invalid_value,
                fmt::format("faults at {} are not aimed by {}", point.name, field),
                fmt::format("/target/{}", field));
  };
  const bool at_actor = point.aim == fault_aim::actor;
  if (!at_actor && !target.path.empty())
    return refuse("path");
  if (!at_actor && !target.kind.empty())
    return refuse("kind");
  if (point.aim != fault_aim::host && !target.host.empty())
    return refuse("host");
  if (point.at_once && target.path.empty() && target.kind.empty())
    return fail(ec::missing_field, "which actors is said by their path or kind", "/target");
  return {};
}

result<void> check_delay(const fault_request& wanted) {
  if (wanted.action == fault_action::delay && !wanted.delay)
    return fail(ec::missing_field, "a delay has a delay_ms", "/delay_ms");
  if (wanted.action != fault_action::delay && wanted.delay)
    return fail(ec::invalid_value, "only a delay has a delay_ms", "/delay_ms");
  return {};
}

template <class Number>
result<void> check_range(Number value, Number min, Number max, const char* field) {
  // Written so that no number that is none passes.
  if (!(value >= min && value <= max))
    return fail(ec::invalid_value, fmt::format("{} is from {} to {}", field, min, max),
                fmt::format("/{}", field));
  return {};
}

result<void> check_numbers(const fault_request& wanted) {
  namespace limits = fault_limits;
  return check_range(wanted.probability, 0.0, 1.0, "probability")
      .and_then([&] {
        return check_range<std::uint64_t>(wanted.count.value_or(1), 1, limits::count_max, "count");
      })
      .and_then([&] {
        return check_range<std::uint64_t>(wanted.seed.value_or(0), 0, limits::seed_max, "seed");
      })
      .and_then([&] {
        return check_range(wanted.delay.value_or(limits::delay_max).count(), std::int64_t{1},
                           std::int64_t{limits::delay_max.count()}, "delay_ms");
      })
      .and_then([&] {
        return check_range(wanted.expires_after.count(), std::int64_t{1},
                           std::int64_t{limits::expires_after_max.count()}, "expires_after_ms");
      });
}

}  // namespace

std::string_view to_string(fault_action action) {
  return domain::text_of(action_texts, action);
}

std::optional<fault_action> parse_fault_action(std::string_view text) {
  return domain::value_of<fault_action>(action_texts, text);
}

bool is_meant(const fault_target& target, const fault_place& place) {
  const auto fits = [](std::string_view wanted, std::string_view found) {
    return wanted.empty() || wanted == found;
  };
  const auto without_port = place.host.substr(0, place.host.rfind(':'));
  return fits(target.path, place.path) && fits(target.kind, place.kind) &&
         (fits(target.host, place.host) || fits(target.host, without_port));
}

result<void> check(const fault_request& wanted, std::span<const fault_point> points) {
  const auto point = std::ranges::find(points, wanted.point, &fault_point::name);
  if (point == points.end())
    return fail(ec::invalid_value, fmt::format("there is no point {}", wanted.point), "/point");
  if (std::ranges::find(point->actions, wanted.action) == point->actions.end())
    return fail(ec::invalid_value,
                fmt::format("the actions at {} are {}", point->name, names_of(point->actions)),
                "/action");
  return check_target(wanted.target, *point)
      .and_then([&] { return check_delay(wanted); })
      .and_then([&] { return check_numbers(wanted); });
}

}  // namespace talaria::supervision
