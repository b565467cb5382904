#include "domain/breaker_settings.hpp"
#include "domain/enum_text.hpp"
#include "domain/header_settings.hpp"
#include "domain/interest_settings.hpp"
#include "domain/json_fields.hpp"
#include "domain/retry_settings.hpp"
#include "domain/state_names.hpp"
#include "domain/subscription.hpp"
#include "domain/url.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace talaria::domain {

namespace {

namespace json = boost::json;

constexpr enum_texts<3> scheme_texts{"standard-v1", "standard-v1a", "hook0"};
constexpr enum_texts<2> body_texts{"payload", "envelope"};
constexpr enum_texts<3> method_texts{"POST", "PUT", "PATCH"};

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
    member{"payload_filter",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.payload_filter, payload_filter::parse(value));
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
           [](const json::value& value, subscription_settings& into) {
             return assign(into.signature,
                           read_choice<signature_scheme>(value, "signature", scheme_texts));
           }},
    member{"body",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.body, read_choice<body_form>(value, "body", body_texts));
           }},
    member{"ordering",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.ordering, read_choice<ordering>(value, "ordering", ordering_texts));
           }},
    member{"tls",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.tls, read_receiver_tls(value));
           }},
    member{"rate_limit_per_second",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.rate_limit_per_second,
                           read_integer(value, "rate_limit_per_second", 1,
                                        limits::rate_limit_per_second_max));
           }},
    member{"circuit_breaker",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.circuit_breaker, read_circuit_breaker(value));
           }},
    member{"disable_after_failing_hours",
           [](const json::value& value, subscription_settings& into) {
             return assign(into.disable_after_failing,
                           read_integer(value, "disable_after_failing_hours", 0,
                                        limits::disable_after_failing_max.count()));
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

}  // namespace

std::string_view to_string(signature_scheme scheme) {
  return text_of(scheme_texts, scheme);
}
std::string_view to_string(ordering order) {
  return text_of(ordering_texts, order);
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
  if (base.tls && !base.tls->client_key.empty())
    fields.at("tls").as_object()["client_key"] = base.tls->client_key;
  auto merged = merge_patch(std::move(fields), changes);
  // So is a rule, in which a null is a value to compare with.
  if (const auto* rule = changes.if_contains("payload_filter"))
    merged["payload_filter"] = *rule;
  return parse_subscription_settings(merged);
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
      {"metadata", parse_stored_json(settings.metadata)},
      {"enabled", settings.enabled},
      {"method", to_string(settings.method)},
      {"headers", std::move(headers)},
      {"timeout_ms", settings.timeout.count()},
      {"max_in_flight", settings.max_in_flight},
      {"retry", to_json(settings.retry)},
      {"signature", to_string(settings.signature)},
      {"body", to_string(settings.body)},
      {"ordering", to_string(settings.ordering)},
      {"circuit_breaker", to_json(settings.circuit_breaker)},
      {"disable_after_failing_hours", settings.disable_after_failing.count()},
  };
  if (!settings.payload_filter.empty())
    fields["payload_filter"] = settings.payload_filter.to_json();
  if (settings.priority)
    fields["priority"] = to_string(*settings.priority);
  if (settings.tls)
    fields["tls"] = to_json(*settings.tls);
  if (settings.rate_limit_per_second)
    fields["rate_limit_per_second"] = *settings.rate_limit_per_second;
  return fields;
}

}  // namespace talaria::domain
