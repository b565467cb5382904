#include "console/actor.hpp"

#include <boost/json/object.hpp>

#include "console/answer_fields.hpp"
#include "console/text.hpp"
#include <charconv>

namespace talaria::console {

namespace {

namespace json = boost::json;
using domain::ec;
using domain::fail;
using domain::result;

named_counts counts_in(const json::object& object, std::string_view name) {
  named_counts counts;
  if (const auto* found = object_in(object, name)) {
    for (const auto& member : *found)
      counts.emplace_back(printable(member.key()), count_in(*found, member.key()).value_or(0));
  }
  return counts;
}

actor to_actor(const json::object& object) {
  actor read;
  read.path = text_in(object, "path");
  read.kind = text_in(object, "kind");
  read.state = text_in(object, "state");
  read.started_at = text_in(object, "started_at");
  if (const auto uptime = count_in(object, "uptime_ms"))
    read.uptime = std::chrono::milliseconds{*uptime};
  read.restarts = count_in(object, "restarts").value_or(0);
  read.failures = count_in(object, "failures");
  read.last_failure = text_in(object, "last_failure");
  read.last_failure_at = text_in(object, "last_failure_at");
  read.messages_handled = count_in(object, "messages_handled").value_or(0);
  read.mailbox_depth = count_in(object, "mailbox_depth").value_or(0);
  read.busy = std::chrono::microseconds{count_in(object, "busy_us").value_or(0)};
  read.slow_messages = count_in(object, "slow_messages");
  read.dead_letters = count_in(object, "dead_letters");
  read.handling = std::chrono::microseconds{count_in(object, "handling_us").value_or(0)};
  read.subscription_id = text_in(object, "subscription_id");
  read.application_id = text_in(object, "application_id");
  if (const auto* details = object_in(object, "details")) {
    for (const auto& detail : *details)
      read.details.emplace_back(printable(detail.key()), text_of(detail.value()));
  }
  return read;
}

void read_totals(const json::object& page, actor_page& into) {
  into.total = count_in(page, "total").value_or(into.actors.size());
  into.next_cursor = text_in(page, "next_cursor");
  into.states = counts_in(page, "states");
  into.breakers = counts_in(page, "breakers");
  if (const auto* totals = object_in(page, "totals")) {
    into.messages_handled = count_in(*totals, "messages_handled");
    into.failures = count_in(*totals, "failures");
  }
}

}  // namespace

const std::string* actor::find_detail(std::string_view name) const {
  for (const auto& [detail, text] : details) {
    if (detail == name)
      return &text;
  }
  return nullptr;
}

std::optional<std::uint64_t> actor::count_of(std::string_view detail) const {
  const auto* text = find_detail(detail);
  std::uint64_t count = 0;
  if (text == nullptr ||
      std::from_chars(text->data(), text->data() + text->size(), count).ec != std::errc{})
    return std::nullopt;
  return count;
}

result<actor> read_actor(std::string_view body) {
  const auto parsed = parse_answer(body);
  if (!parsed)
    return tl::unexpected(parsed.error());
  return to_actor(parsed->get_object());
}

result<actor_page> read_actor_page(std::string_view body) {
  const auto parsed = parse_answer(body);
  if (!parsed)
    return tl::unexpected(parsed.error());
  const auto& object = parsed->get_object();
  const auto* data = object.if_contains("data");
  if (data == nullptr || !data->is_array())
    return fail(ec::invalid_json, "The answer is not a list of actors.");
  actor_page page;
  for (const auto& element : data->get_array()) {
    if (const auto* listed = element.if_object())
      page.actors.push_back(to_actor(*listed));
  }
  read_totals(object, page);
  return page;
}

}  // namespace talaria::console
