#include "domain/retry_settings.hpp"

#include "domain/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace talaria::domain {

namespace json = boost::json;

namespace {

result<retry_schedule> read_delays(const json::value& value) {
  constexpr std::string_view field = "/retry/delays_ms";
  if (!value.is_array())
    return fail(ec::wrong_type, "delays_ms must be an array of integers", std::string{field});
  const auto& array = value.get_array();
  if (array.size() > limits::retry_delays_max)
    return fail(ec::invalid_value,
                fmt::format("delays_ms has at most {} entries", limits::retry_delays_max),
                std::string{field});
  std::vector<retry_schedule::duration> delays;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const auto delay = read_integer(array[i], fmt::format("retry/delays_ms/{}", i), 1,
                                    limits::retry_delay_max.count());
    if (!delay)
      return tl::unexpected(delay.error());
    delays.emplace_back(*delay);
  }
  return retry_schedule{std::move(delays)};
}

constexpr std::array<std::string_view, 5> exponential_members{"strategy", "base_ms", "factor",
                                                              "max_ms", "max_attempts"};

result<double> read_factor(const json::value& value) {
  if (!value.is_number())
    return fail(ec::wrong_type, "factor must be a number", "/retry/factor");
  constexpr double factor_max = 100;
  const auto factor = value.to_number<double>();
  if (!(factor >= 1 && factor <= factor_max))
    return fail(ec::invalid_value, "factor must be a number from 1 to 100", "/retry/factor");
  return factor;
}

result<retry_schedule> read_exponential(const json::object& object) {
  for (const auto name : exponential_members) {
    if (!object.contains({name.data(), name.size()}))
      return fail(ec::missing_field, fmt::format("an exponential schedule needs {}", name),
                  fmt::format("/retry/{}", name));
  }
  const auto strategy =
      read_string(object.at("strategy"), "retry/strategy", limits::name_bytes_max);
  if (!strategy)
    return tl::unexpected(strategy.error());
  if (*strategy != "exponential")
    return fail(ec::invalid_value, "strategy must be exponential", "/retry/strategy");
  const auto longest_ms = limits::retry_delay_max.count();
  const auto base = read_integer(object.at("base_ms"), "retry/base_ms", 1, longest_ms);
  if (!base)
    return tl::unexpected(base.error());
  const auto max = read_integer(object.at("max_ms"), "retry/max_ms", *base, longest_ms);
  if (!max)
    return tl::unexpected(max.error());
  const auto attempts = read_integer(object.at("max_attempts"), "retry/max_attempts", 1,
                                     limits::retry_delays_max + 1);
  if (!attempts)
    return tl::unexpected(attempts.error());
  const auto factor = read_factor(object.at("factor"));
  if (!factor)
    return tl::unexpected(factor.error());
  return retry_schedule{
      retry_schedule::exponential{.base = retry_schedule::duration{*base},
                                  .factor = *factor,
                                  .max = retry_schedule::duration{*max},
                                  .attempts_max = static_cast<std::uint32_t>(*attempts)}};
}

}  // namespace

result<retry_schedule> read_retry(const json::value& value) {
  if (!value.is_object())
    return fail(ec::wrong_type, "retry must be an object", "/retry");
  const auto& object = value.get_object();
  const bool has_delays = object.contains("delays_ms");
  for (const auto& [key, ignored] : object) {
    const std::string_view name{key.data(), key.size()};
    const bool known = has_delays
                           ? name == "delays_ms"
                           : std::find(exponential_members.begin(), exponential_members.end(),
                                       name) != exponential_members.end();
    if (!known)
      return fail(ec::unknown_field,
                  "retry has either delays_ms alone, or strategy, base_ms, factor, "
                  "max_ms and max_attempts",
                  fmt::format("/retry/{}", escaped(name)));
  }
  if (has_delays)
    return read_delays(object.at("delays_ms"));
  return read_exponential(object);
}

json::object to_json(const retry_schedule& schedule) {
  if (const auto& form = schedule.form()) {
    return {{"strategy", "exponential"},
            {"base_ms", form->base.count()},
            {"factor", form->factor},
            {"max_ms", form->max.count()},
            {"max_attempts", form->attempts_max}};
  }
  json::array delays;
  for (const auto delay : schedule.delays())
    delays.emplace_back(delay.count());
  return {{"delays_ms", std::move(delays)}};
}

}  // namespace talaria::domain
