#include "domain/enum_text.hpp"
#include "domain/subscription.hpp"
#include "domain/url.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace talaria::domain {

namespace {

namespace json = boost::json;

constexpr enum_texts<2> scheme_texts{"standard-v1", "hook0"};
constexpr enum_texts<2> body_texts{"payload", "envelope"};
constexpr enum_texts<3> method_texts{"POST", "PUT", "PATCH"};

std::string pointer(std::string_view field) {
  return fmt::format("/{}", field);
}

/// A name that a client chose, as a reference token of RFC 6901.
std::string escaped(std::string_view name) {
  std::string token;
  for (const char c : name) {
    if (c == '~')
      token += "~0";
    else if (c == '/')
      token += "~1";
    else
      token += c;
  }
  return token;
}

result<std::string> read_string(const json::value& value, std::string_view field,
                                std::size_t bytes_max) {
  if (!value.is_string())
    return fail(ec::wrong_type, fmt::format("{} must be a string", field), pointer(field));
  const auto& text = value.get_string();
  if (text.size() > bytes_max)
    return fail(ec::too_large, fmt::format("{} has at most {} bytes", field, bytes_max),
                pointer(field));
  if (text.find('\0') != json::string::npos)
    return fail(ec::invalid_value, fmt::format("{} must not contain NUL", field), pointer(field));
  return std::string{text};
}

result<bool> read_boolean(const json::value& value, std::string_view field) {
  if (!value.is_bool())
    return fail(ec::wrong_type, fmt::format("{} must be true or false", field), pointer(field));
  return value.get_bool();
}

result<std::int64_t> read_integer(const json::value& value, std::string_view field,
                                  std::int64_t min, std::int64_t max) {
  if (!value.is_number())
    return fail(ec::wrong_type, fmt::format("{} must be an integer", field), pointer(field));
  boost::system::error_code failed;
  const auto number = value.to_number<std::int64_t>(failed);
  if (failed || number < min || number > max)
    return fail(ec::invalid_value,
                fmt::format("{} must be an integer from {} to {}", field, min, max),
                pointer(field));
  return number;
}

template <class Enum, std::size_t Size>
result<Enum> read_choice(const json::value& value, std::string_view field,
                         const enum_texts<Size>& texts) {
  const auto text = read_string(value, field, limits::name_bytes_max);
  if (!text)
    return tl::unexpected(text.error());
  const auto chosen = value_of<Enum>(texts, *text);
  if (!chosen)
    return fail(ec::invalid_value,
                fmt::format("{} must be one of {}", field, fmt::join(texts, ", ")), pointer(field));
  return *chosen;
}

result<std::vector<std::string>> read_event_types(const json::value& value) {
  if (!value.is_array())
    return fail(ec::wrong_type, "event_types must be an array of strings", "/event_types");
  const auto& array = value.get_array();
  if (array.empty() || array.size() > limits::event_type_patterns_max)
    return fail(ec::invalid_value,
                fmt::format("event_types has 1 to {} entries", limits::event_type_patterns_max),
                "/event_types");
  std::vector<std::string> patterns;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const auto* text = array[i].if_string();
    if (text == nullptr)
      return fail(ec::wrong_type, "an event type is a string", fmt::format("/event_types/{}", i));
    std::string pattern{*text};
    if (!is_event_type_pattern(pattern))
      return fail(ec::invalid_value, "an event type is a name, a prefix ending in .*, or *",
                  fmt::format("/event_types/{}", i));
    if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end())
      patterns.push_back(std::move(pattern));
  }
  return patterns;
}

result<labels> read_label_filter(const json::value& value) {
  if (!value.is_object())
    return fail(ec::wrong_type, "label_filter must be an object", "/label_filter");
  const auto& object = value.get_object();
  if (object.size() > limits::labels_max)
    return fail(ec::invalid_value,
                fmt::format("label_filter has at most {} members", limits::labels_max),
                "/label_filter");
  labels filter;
  for (const auto& [name, scalar] : object) {
    const auto field = fmt::format("/label_filter/{}", escaped({name.data(), name.size()}));
    if (!scalar.is_string() && !scalar.is_number() && !scalar.is_bool())
      return fail(ec::wrong_type, "a label is compared with a string, a number or a boolean",
                  field);
    auto text = label_value_text(scalar);
    if (name.size() > limits::label_name_bytes_max || text.size() > limits::label_value_bytes_max)
      return fail(ec::too_large, "the label's name or value is too long", field);
    filter.push_back({std::string{name}, std::move(text)});
  }
  return filter;
}

result<std::string> read_metadata(const json::value& value) {
  if (!value.is_object())
    return fail(ec::wrong_type, "metadata must be an object", "/metadata");
  auto text = json::serialize(value);
  if (text.size() > limits::metadata_bytes_max)
    return fail(ec::too_large,
                fmt::format("metadata has at most {} bytes", limits::metadata_bytes_max),
                "/metadata");
  return text;
}

/// The `token` of RFC 9110, section 5.6.2.
bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// Headers that frame the request or that receivers trust as ours.
bool is_reserved_header(std::string_view name) {
  std::string lower{name};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 13> reserved{"host",
                                                      "content-length",
                                                      "content-type",
                                                      "transfer-encoding",
                                                      "connection",
                                                      "keep-alive",
                                                      "upgrade",
                                                      "expect",
                                                      "te",
                                                      "trailer",
                                                      "user-agent",
                                                      "traceparent",
                                                      "proxy-connection"};
  return std::find(reserved.begin(), reserved.end(), lower) != reserved.end() ||
         lower.starts_with("webhook-") || lower.starts_with("hook0-");
}

bool is_header_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7F); });
}

result<std::vector<std::pair<std::string, std::string>>> read_headers(const json::value& value) {
  if (!value.is_object())
    return fail(ec::wrong_type, "headers must be an object of strings", "/headers");
  const auto& object = value.get_object();
  if (object.size() > limits::custom_headers_max)
    return fail(ec::invalid_value,
                fmt::format("headers has at most {} members", limits::custom_headers_max),
                "/headers");
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [key, content] : object) {
    const std::string name{key};
    const auto field = fmt::format("/headers/{}", escaped(name));
    if (!content.is_string())
      return fail(ec::wrong_type, "a header's value is a string", field);
    const std::string text{content.get_string()};
    if (!is_header_name(name) || !is_header_value(text))
      return fail(ec::invalid_value, "not a header's name and value as HTTP defines them", field);
    if (is_reserved_header(name))
      return fail(ec::invalid_value, "this header is set by Talaria", field);
    if (name.size() + text.size() > limits::custom_header_bytes_max)
      return fail(ec::too_large, "the header is too long", field);
    headers.emplace_back(name, text);
  }
  return headers;
}

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

/// Stores what was read, or passes its error on.
template <class Target, class Value>
result<void> assign(Target& target, result<Value> read) {
  if (!read)
    return tl::unexpected(read.error());
  target = static_cast<Target>(*std::move(read));
  return {};
}

result<void> read_timeout(const json::value& value, subscription_settings& into) {
  const auto read = read_integer(value, "timeout_ms", 1, limits::timeout_max.count());
  if (!read)
    return tl::unexpected(read.error());
  into.timeout = std::chrono::milliseconds{*read};
  return {};
}

result<void> read_url(const json::value& value, subscription_settings& into) {
  auto text = read_string(value, "url", limits::url_bytes_max);
  if (!text)
    return tl::unexpected(text.error());
  if (const auto parsed = parse_webhook_url(*text); !parsed)
    return fail(parsed.error().code, parsed.error().detail, "/url");
  into.url = *std::move(text);
  return {};
}

/// What the contract has and this version does not carry out is refused, not ignored.
tl::unexpected<error> refuse_unsupported(std::string_view field) {
  return fail(ec::not_supported, fmt::format("{} is not available in this version", field),
              pointer(field));
}

result<void> read_ordering(const json::value& value, subscription_settings&) {
  const auto ordering = read_string(value, "ordering", limits::name_bytes_max);
  if (!ordering)
    return tl::unexpected(ordering.error());
  if (*ordering == "fifo")
    return refuse_unsupported("ordering");
  if (*ordering != "parallel")
    return fail(ec::invalid_value, "ordering must be one of parallel, fifo", "/ordering");
  return {};
}

using member_reader = result<void> (*)(const json::value&, subscription_settings&);

struct member {
  std::string_view name;
  member_reader read;
};

constexpr std::array members{
    member{"url", read_url},
    member{"event_types",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.event_types, read_event_types(value));
           }},
    member{"label_filter",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.label_filter, read_label_filter(value));
           }},
    member{"description",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.description,
                           read_string(value, "description", limits::description_bytes_max));
           }},
    member{"metadata",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.metadata, read_metadata(value));
           }},
    member{"enabled",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.enabled, read_boolean(value, "enabled"));
           }},
    member{"method",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.method, read_choice<http_method>(value, "method", method_texts));
           }},
    member{"headers",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.headers, read_headers(value));
           }},
    member{"timeout_ms", read_timeout},
    member{"priority",
           [](const json::value& value, subscription_settings& into) {
             constexpr enum_texts<3> texts{"high", "normal", "low"};
             return assign(into.priority, read_choice<domain::priority>(value, "priority", texts));
           }},
    member{"max_in_flight",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.max_in_flight,
                           read_integer(value, "max_in_flight", 1, limits::in_flight_max));
           }},
    member{"retry",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.retry, read_retry(value));
           }},
    member{"signature",
           [](const json::value& value, subscription_settings& into) -> result<void> {
             if (value == "standard-v1a")
               return refuse_unsupported("signature");
             return assign(into.signature,
                           read_choice<signature_scheme>(value, "signature", scheme_texts));
           }},
    member{"body",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.body, read_choice<body_form>(value, "body", body_texts));
           }},
    member{"ordering", read_ordering},
    member{"rate_limit_per_second",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.rate_limit_per_second,
                           read_integer(value, "rate_limit_per_second", 1,
                                        limits::rate_limit_per_second_max));
           }},
    member{"circuit_breaker",
           [](const json::value&, subscription_settings&) -> result<void> {
             return refuse_unsupported("circuit_breaker");
           }},
    member{"disable_after_failing_hours",
           [](const json::value&, subscription_settings&) -> result<void> {
             return refuse_unsupported("disable_after_failing_hours");
           }},
};

/// RFC 7396, section 2. What remains keeps its order: headers are sent in theirs.
json::object merge_patch(json::object target, const json::object& patch) {
  for (const auto& [key, value] : patch) {
    if (value.is_null()) {
      target.stable_erase(key);
    } else if (value.is_object()) {
      auto& nested = target[key];
      // A patch of what is no object is a patch of an empty one: its nulls are not kept.
      auto before = nested.is_object() ? std::move(nested.get_object()) : json::object{};
      nested = merge_patch(std::move(before), value.get_object());
    } else {
      target[key] = value;
    }
  }
  return target;
}

/// Reads metadata of our own, which may be as deep as a request's body.
json::value parse_metadata(const std::string& text) {
  json::parse_options options;
  options.max_depth = limits::json_depth_max;
  return json::parse(text, {}, options);
}

}  // namespace

std::string_view to_string(signature_scheme scheme) {
  return text_of(scheme_texts, scheme);
}
std::string_view to_string(body_form form) {
  return text_of(body_texts, form);
}
std::string_view to_string(http_method method) {
  return text_of(method_texts, method);
}

result<subscription_settings> parse_subscription_settings(const json::object& object) {
  subscription_settings settings;
  for (const auto& [key, value] : object) {
    const std::string_view name{key.data(), key.size()};
    const auto found = std::find_if(members.begin(), members.end(), [&](const member& candidate) {
      return candidate.name == name;
    });
    if (found == members.end())
      return fail(ec::unknown_field, fmt::format("a subscription has no field {}", name),
                  pointer(escaped(name)));
    if (auto read = found->read(value, settings); !read)
      return tl::unexpected(read.error());
  }
  if (settings.url.empty())
    return fail(ec::missing_field, "url is required", "/url");
  return settings;
}

result<subscription_settings> merge_subscription_settings(const json::object& changes,
                                                          const subscription_settings& base) {
  auto fields = to_json(base);
  if (base.url.empty())
    fields.erase("url");
  // A schedule is replaced as a whole, since its two forms exclude each other.
  if (changes.contains("retry"))
    fields.erase("retry");
  return parse_subscription_settings(merge_patch(std::move(fields), changes));
}

json::object to_json(const subscription_settings& settings) {
  json::array event_types;
  for (const auto& pattern : settings.event_types)
    event_types.emplace_back(pattern);
  json::object headers;
  for (const auto& [name, value] : settings.headers)
    headers[name] = value;
  json::object fields{
      {"url", settings.url},
      {"event_types", std::move(event_types)},
      {"label_filter", json::parse(to_json(settings.label_filter))},
      {"description", settings.description},
      {"metadata", parse_metadata(settings.metadata)},
      {"enabled", settings.enabled},
      {"method", to_string(settings.method)},
      {"headers", std::move(headers)},
      {"timeout_ms", settings.timeout.count()},
      {"max_in_flight", settings.max_in_flight},
      {"retry", to_json(settings.retry)},
      {"signature", to_string(settings.signature)},
      {"body", to_string(settings.body)},
      {"ordering", "parallel"},
  };
  if (settings.priority)
    fields["priority"] = to_string(*settings.priority);
  if (settings.rate_limit_per_second)
    fields["rate_limit_per_second"] = *settings.rate_limit_per_second;
  return fields;
}

}  // namespace talaria::domain
