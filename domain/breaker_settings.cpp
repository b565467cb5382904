#include "domain/breaker_settings.hpp"

#include "domain/json_fields.hpp"

#include <algorithm>
#include <array>

namespace talaria::domain {

namespace {

namespace json = boost::json;

result<void> read_enabled(const json::value& value, circuit_breaker_settings& into) {
  const auto read = read_boolean(value, "circuit_breaker/enabled");
  if (!read)
    return tl::unexpected(read.error());
  into.enabled = *read;
  return {};
}

result<void> read_failure_rate(const json::value& value, circuit_breaker_settings& into) {
  constexpr auto field = "/circuit_breaker/failure_rate";
  if (!value.is_number())
    return fail(ec::wrong_type, "failure_rate must be a number", field);
  const auto rate = value.to_number<double>();
  if (!(rate > 0 && rate <= 1))
    return fail(ec::invalid_value, "failure_rate must be more than 0 and at most 1", field);
  into.failure_rate = rate;
  return {};
}

result<void> read_count(const json::value& value, std::string_view field, std::uint32_t max,
                        std::uint32_t& into) {
  const auto read = read_integer(value, field, 1, max);
  if (!read)
    return tl::unexpected(read.error());
  into = static_cast<std::uint32_t>(*read);
  return {};
}

result<void> read_duration(const json::value& value, std::string_view field,
                           std::chrono::milliseconds min, std::chrono::milliseconds max,
                           std::chrono::milliseconds& into) {
  const auto read = read_integer(value, field, min.count(), max.count());
  if (!read)
    return tl::unexpected(read.error());
  into = std::chrono::milliseconds{*read};
  return {};
}

struct member {
  std::string_view name;
  result<void> (*read)(const json::value&, circuit_breaker_settings&);
};

constexpr std::array members{
    member{"enabled", read_enabled},
    member{"failure_rate", read_failure_rate},
    member{"min_calls",
           [](const json::value& value, circuit_breaker_settings& into) {
             return read_count(value, "circuit_breaker/min_calls", limits::breaker_min_calls_max,
                               into.min_calls);
           }},
    member{"window_ms",
           [](const json::value& value, circuit_breaker_settings& into) {
             return read_duration(value, "circuit_breaker/window_ms", limits::breaker_window_min,
                                  limits::breaker_window_max, into.window);
           }},
    member{"open_ms",
           [](const json::value& value, circuit_breaker_settings& into) {
             return read_duration(value, "circuit_breaker/open_ms", limits::breaker_open_min,
                                  limits::breaker_open_max, into.open);
           }},
    member{"half_open_calls",
           [](const json::value& value, circuit_breaker_settings& into) {
             return read_count(value, "circuit_breaker/half_open_calls",
                               limits::breaker_half_open_calls_max, into.half_open_calls);
           }},
};

}  // namespace

result<circuit_breaker_settings> read_circuit_breaker(const json::value& value) {
  if (!value.is_object())
    return fail(ec::wrong_type, "circuit_breaker must be an object", "/circuit_breaker");
  circuit_breaker_settings settings;
  for (const auto& [key, content] : value.get_object()) {
    const std::string_view name{key.data(), key.size()};
    const auto* const found = std::ranges::find(members, name, &member::name);
    if (found == members.end())
      return fail(ec::unknown_field, fmt::format("circuit_breaker has no field {}", name),
                  fmt::format("/circuit_breaker/{}", escaped(name)));
    if (auto read = found->read(content, settings); !read)
      return tl::unexpected(read.error());
  }
  return settings;
}

json::object to_json(const circuit_breaker_settings& settings) {
  return {{"enabled", settings.enabled},      {"failure_rate", settings.failure_rate},
          {"min_calls", settings.min_calls},  {"window_ms", settings.window.count()},
          {"open_ms", settings.open.count()}, {"half_open_calls", settings.half_open_calls}};
}

}  // namespace talaria::domain
