#include "http/fault_rendering.hpp"

#include "domain/json_fields.hpp"
#include "domain/limits.hpp"
#include "http/body_fields.hpp"

#include <boost/json/array.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;
using domain::result;
using supervision::fault;
using supervision::fault_request;
using supervision::fault_target;
namespace json = boost::json;
namespace limits = supervision::fault_limits;
using std::chrono::milliseconds;

result<std::string> take_required(json::object& body, std::string_view name) {
  auto text = take_string(body, name);
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (!*text) {
    return fail(ec::missing_field, std::string(name) + " is required.", domain::pointer(name));
  }
  return **std::move(text);
}

result<std::optional<std::int64_t>> take_integer(json::object& body, std::string_view name,
                                                 std::int64_t min, std::int64_t max) {
  const auto found = body.find(name);
  if (found == body.end()) {
    return std::nullopt;
  }
  const auto number = domain::read_integer(found->value(), name, min, max);
  if (!number) {
    return tl::unexpected(number.error());
  }
  body.erase(found);
  return *number;
}

template <class Value>
result<void> take_number(json::object& body, std::string_view name, std::int64_t min,
                         std::int64_t max, std::optional<Value>& into) {
  const auto number = take_integer(body, name, min, max);
  if (!number) {
    return tl::unexpected(number.error());
  }
  if (*number) {
    into = static_cast<Value>(**number);
  }
  return {};
}

result<void> take_probability(json::object& body, fault_request& into) {
  const auto found = body.find("probability");
  if (found == body.end()) {
    return {};
  }
  if (!found->value().is_number()) {
    return fail(ec::wrong_type, "probability must be a number", "/probability");
  }
  into.probability = found->value().to_number<double>();
  body.erase(found);
  return {};
}

result<void> refuse_rest(const json::object& body, const std::string& within) {
  if (body.empty()) {
    return {};
  }
  return fail(ec::unknown_field, "A fault has no field of this name.",
              domain::pointer(within + domain::escaped(body.begin()->key())));
}

/// One member of a target.
result<void> take_aim(json::object& target, std::string_view name, std::string& into) {
  const auto found = target.find(name);
  if (found == target.end()) {
    return {};
  }
  const auto field = "target/" + std::string(name);
  auto text = domain::read_string(found->value(), field, domain::limits::url_bytes_max);
  if (text && text->empty()) {
    return fail(ec::invalid_value, field + " must not be empty", domain::pointer(field));
  }
  target.erase(found);
  return assign(std::move(text), into);
}

result<void> take_target(json::object& body, fault_target& into) {
  const auto found = body.find("target");
  if (found == body.end()) {
    return {};
  }
  if (!found->value().is_object()) {
    return fail(ec::wrong_type, "target must be an object", "/target");
  }
  json::object target = std::move(found->value().get_object());
  body.erase(found);
  return take_aim(target, "path", into.path)
      .and_then([&] { return take_aim(target, "kind", into.kind); })
      .and_then([&] { return take_aim(target, "host", into.host); })
      .and_then([&] { return refuse_rest(target, "target/"); });
}

result<void> take_action(json::object& body, fault_request& into) {
  const auto text = take_required(body, "action");
  if (!text) {
    return tl::unexpected(text.error());
  }
  const auto action = supervision::parse_fault_action(*text);
  if (!action) {
    return fail(ec::invalid_value, "action must be one of throw, kill, delay, hang, fail, exit",
                "/action");
  }
  into.action = *action;
  return {};
}

result<void> take_numbers(json::object& body, fault_request& into) {
  std::optional<milliseconds> expires_after;
  const auto taken =
      take_number(body, "count", 1, static_cast<std::int64_t>(limits::count_max), into.count)
          .and_then([&] {
            return take_number(body, "seed", 0, static_cast<std::int64_t>(limits::seed_max),
                               into.seed);
          })
          .and_then([&] {
            return take_number(body, "delay_ms", 1, limits::delay_max.count(), into.delay);
          })
          .and_then([&] {
            return take_number(body, "expires_after_ms", 1, limits::expires_after_max.count(),
                               expires_after);
          });
  into.expires_after = expires_after.value_or(into.expires_after);
  return taken;
}

json::object describe(const fault_target& target) {
  json::object shown;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) {
      shown[name] = value;
    }
  };
  add("path", target.path);
  add("kind", target.kind);
  add("host", target.host);
  return shown;
}

json::value null_or(const std::optional<std::uint64_t>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

}  // namespace

result<fault_request> read_fault(json::object body) {
  fault_request wanted;
  const auto taken = assign(take_required(body, "point"), wanted.point)
                         .and_then([&] { return take_action(body, wanted); })
                         .and_then([&] { return take_target(body, wanted.target); })
                         .and_then([&] { return take_numbers(body, wanted); })
                         .and_then([&] { return take_probability(body, wanted); })
                         .and_then([&] { return refuse_rest(body, ""); });
  if (!taken) {
    return tl::unexpected(taken.error());
  }
  return wanted;
}

json::object describe(const fault& shown) {
  const fault_request& wanted = shown.wanted;
  return {{"id", shown.id},
          {"point", wanted.point},
          {"action", to_string(wanted.action)},
          {"target", describe(wanted.target)},
          {"count", null_or(wanted.count)},
          {"probability", wanted.probability},
          {"seed", null_or(wanted.seed)},
          {"delay_ms", wanted.delay ? json::value(wanted.delay->count()) : json::value(nullptr)},
          {"expires_after_ms", wanted.expires_after.count()},
          {"hits", shown.hits},
          {"fired", shown.fired},
          {"created_at", domain::to_rfc3339(shown.created_at)}};
}

json::object describe(const supervision::fault_point& shown) {
  json::array actions;
  for (const supervision::fault_action action : shown.actions) {
    actions.push_back(json::string(to_string(action)));
  }
  return {
      {"name", shown.name}, {"description", shown.description}, {"actions", std::move(actions)}};
}

}  // namespace talaria::http
