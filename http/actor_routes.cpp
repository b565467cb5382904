#include "domain/circuit_breaker.hpp"
#include "domain/state_names.hpp"
#include "domain/time.hpp"
#include "http/actor_questions.hpp"
#include "http/actors_elsewhere.hpp"
#include "http/rendering.hpp"
#include "http/routes.hpp"
#include "supervision/inspection.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

namespace talaria::http {
namespace {

using domain::ec;
using domain::result;
using supervision::actor_order;
using supervision::actor_query;
namespace json = boost::json;

constexpr std::size_t actors_default = 250;
/// One per active subscription: more than a page of other lists, and read by operators only.
constexpr std::size_t actors_max = 1000;

struct named_order {
  std::string_view name;
  actor_order order;
  std::string_view gauge{};
};
constexpr std::array<named_order, 6> orders{{{"path", actor_order::path},
                                             {"mailbox", actor_order::mailbox},
                                             {"pending", actor_order::gauge, "pending"},
                                             {"restarts", actor_order::restarts},
                                             {"failures", actor_order::failures},
                                             {"busy", actor_order::busy}}};

json::value label_or_null(const supervision::actor_card::label_list& labels,
                          std::string_view name) {
  const auto found = std::ranges::find(labels, name, [](const auto& label) { return label.first; });
  return found == labels.end() ? json::value(nullptr) : json::value(found->second);
}

std::string to_json(const supervision::actor_snapshot& actor, domain::timestamp now) {
  const auto& life = actor.life;
  const auto uptime =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - life.started_at).count();
  std::string text = json::serialize(json::object{
      {"path", actor.path},
      {"kind", actor.kind},
      {"state", to_string(actor.state)},
      {"started_at", domain::to_rfc3339(life.started_at)},
      {"uptime_ms", std::max<std::int64_t>(uptime, 0)},
      {"restarts", life.restarts},
      {"failures", life.failures},
      {"last_failure", text_or_null(life.last_failure)},
      {"last_failure_at", time_or_null(life.last_failed_at)},
      {"messages_handled", actor.messages_handled},
      {"mailbox_depth", actor.mailbox_depth},
      {"busy_us", actor.busy_us},
      {"handling_us", actor.handling_us},
      {"slow_messages", actor.slow_messages},
      {"dead_letters", actor.dead_letters},
      {"subscription_id", label_or_null(life.labels, "subscription_id")},
      {"application_id", label_or_null(life.labels, "application_id")},
  });
  text.pop_back();
  return text + R"(,"details":)" + actor.details_json + '}';
}

// ------------------------------------------------------------------------------------- the list

result<void> take_order(query_parameters& query, actor_query& into) {
  const auto name = query.take("sort").value_or("path");
  const auto found = std::ranges::find(orders, name, &named_order::name);
  if (found == orders.end())
    return domain::fail(ec::invalid_value,
                        "sort is path, mailbox, pending, restarts, failures or busy.", "/sort");
  into.order = found->order;
  into.order_gauge = found->gauge;
  return {};
}

std::string_view order_name(const actor_query& query) {
  return std::ranges::find_if(orders,
                              [&](const named_order& each) {
                                return each.order == query.order && each.gauge == query.order_gauge;
                              })
      ->name;
}

/// A cursor is the order, the last actor's place in it, and its path; nothing that is worth
/// forging.
std::string to_cursor(const actor_query& query, const actor_query::position& last) {
  return fmt::format("{}:{}:{}", order_name(query), last.value, last.path);
}

result<void> take_cursor(query_parameters& query, actor_query& into) {
  const auto text = query.take("cursor");
  if (!text)
    return {};
  const auto invalid = [] {
    return domain::fail(ec::invalid_cursor, "The cursor was not made by this list.", "/cursor");
  };
  const std::string prefix = fmt::format("{}:", order_name(into));
  if (!text->starts_with(prefix))
    return invalid();
  actor_query::position last;
  const char* const end = text->data() + text->size();
  const auto number = std::from_chars(text->data() + prefix.size(), end, last.value);
  if (number.ec != std::errc{} || number.ptr == end || *number.ptr != ':')
    return invalid();
  last.path.assign(number.ptr + 1, end);
  into.after = std::move(last);
  return {};
}

result<void> take_filters(query_parameters& query, actor_query& into) {
  into.kind = query.take("kind");
  into.path_part = query.take("path").value_or("");
  if (const auto text = query.take("state")) {
    into.state = supervision::to_actor_state(*text);
    if (!into.state)
      return domain::fail(ec::invalid_value,
                          "state is running, restarting, backing_off, quarantined or stopping.",
                          "/state");
  }
  if (auto text = query.take("breaker")) {
    if (!domain::value_of<domain::breaker_state>(domain::breaker_state_texts, *text))
      return domain::fail(ec::invalid_value, "breaker is closed, open or half_open.", "/breaker");
    into.gauge_text = {"breaker", *std::move(text)};
  }
  if (auto text = query.take("application_id")) {
    if (!domain::parse_uuid(*text))
      return domain::fail(ec::invalid_value, "application_id is a UUID.", "/application_id");
    into.label = {"application_id", *std::move(text)};
  }
  return {};
}

result<actor_query> to_actor_query(std::string_view text) {
  auto query = query_parameters::parse(text);
  if (!query)
    return tl::unexpected(query.error());
  // Whose actors they are is decided before.
  query->take("node");
  actor_query wanted;
  wanted.counted_gauge = "breaker";
  const auto limit = take_limit(*query, actors_default, actors_max);
  if (!limit)
    return tl::unexpected(limit.error());
  wanted.actors_max = *limit;
  if (const auto taken = take_filters(*query, wanted); !taken)
    return tl::unexpected(taken.error());
  if (const auto taken = take_order(*query, wanted); !taken)
    return tl::unexpected(taken.error());
  if (const auto taken = take_cursor(*query, wanted); !taken)
    return tl::unexpected(taken.error());
  if (const auto all = query->check_all_taken(); !all)
    return tl::unexpected(all.error());
  return wanted;
}

json::object count_states(const supervision::actor_page& page) {
  json::object counts;
  for (std::size_t i = 0; i < page.by_state.size(); ++i)
    counts[to_string(static_cast<supervision::actor_state>(i))] = page.by_state.at(i);
  return counts;
}

json::object count_breakers(const supervision::actor_page& page) {
  json::object counts;
  for (const auto text : domain::breaker_state_texts) {
    const auto found = page.by_gauge_text.find(text);
    counts[text] = found == page.by_gauge_text.end() ? 0 : found->second;
  }
  return counts;
}

json::object sum_up(const supervision::actor_page& page) {
  return {{"messages_handled", page.messages_handled}, {"failures", page.failures}};
}

answer list_here(const services& services, std::string_view text) {
  const auto query = to_actor_query(text);
  if (!query)
    return refuse(query.error());
  const auto page = supervision::inspect(services.directory, *query);
  const auto now = services.now();
  std::string body = R"({"data":[)";
  for (const auto& actor : page.actors)
    body += (&actor == page.actors.data() ? "" : ",") + to_json(actor, now);
  const auto next = page.next ? json::value(to_cursor(*query, *page.next)) : json::value(nullptr);
  const auto rest = json::serialize(json::object{{"node", services.node.name},
                                                 {"total", page.total},
                                                 {"next_cursor", next},
                                                 {"states", count_states(page)},
                                                 {"breakers", count_breakers(page)},
                                                 {"totals", sum_up(page)}});
  return json_response(200, body + "]," + rest.substr(1));
}

// -------------------------------------------------------------------------------------- one of it

using card_pointer = std::shared_ptr<supervision::actor_card>;

domain::result<card_pointer> find_card(const services& services, std::string_view path) {
  auto card = services.directory.find("/" + std::string{path});
  if (!card)
    return domain::fail(ec::not_found, "There is no actor at this path.");
  return card;
}

response show(const services& services, unsigned status, const supervision::actor_card& card) {
  return json_response(status, to_json(supervision::look_at(card), services.now()));
}

answer show_here(const services& services, std::string_view path) {
  const auto card = find_card(services, path);
  if (!card)
    return refuse(card.error());
  return show(services, 200, **card);
}

/// Checked here for the sake of the answer; the supervisor decides.
std::optional<domain::error> find_obstacle(const supervision::actor_card& card,
                                           supervision::child_command command) {
  using supervision::actor_state;
  const auto state = card.state.load();
  if (command == supervision::child_command::release && state != actor_state::quarantined)
    return domain::error{ec::conflict, "The actor is not quarantined.", ""};
  if (command == supervision::child_command::restart && state != actor_state::running)
    return domain::error{ec::conflict, "The actor is not running; a quarantined one is released.",
                         ""};
  return std::nullopt;
}

answer command_here(const services& services, std::string_view path,
                    supervision::child_command command) {
  const auto card = find_card(services, path);
  if (!card)
    return refuse(card.error());
  if (const auto obstacle = find_obstacle(**card, command))
    return refuse(*obstacle);
  spdlog::warn("{} is to be {}, as an operator asked", (*card)->path,
               command == supervision::child_command::restart ? "restarted" : "released");
  if (!(*card)->command(command))
    return refuse(ec::conflict, "Nobody supervises this actor.");
  return show(services, 202, **card);
}

// --------------------------------------------------------------------------- here, or elsewhere

answer answer_here(const services& services, const actor_question& question) {
  using enum actor_question::word;
  switch (question.asks) {
    case list:
      return list_here(services, question.about);
    case show:
      return show_here(services, question.about);
    case restart:
      return command_here(services, question.about, supervision::child_command::restart);
    case release:
      return command_here(services, question.about, supervision::child_command::release);
  }
  return refuse(ec::invalid_value, "This node does not know the question.");
}

void answer_here(const services& services, const responder& responder,
                 const actor_question& question) {
  auto made = answer_here(services, question);
  if (made)
    responder.send(*std::move(made));
  else
    responder.send(made.error());
}

void list_actors(const route_context& context, const call& call, store_sessions& /*sessions*/) {
  const auto& services = context.services;
  const actor_question question{actor_question::word::list, std::string{call.request().query}};
  auto query = query_parameters::parse(question.about);
  const auto node = query ? query->take("node") : std::nullopt;
  if (!node || *node == services.node.name)
    return answer_here(services, call.responder, question);
  ask_node(services, call.responder, *node, question);
}

/// @returns the node that is named, if one is.
result<std::optional<std::string>> take_node(std::string_view text) {
  auto query = query_parameters::parse(text);
  if (!query)
    return tl::unexpected(query.error());
  auto node = query->take("node");
  if (const auto all = query->check_all_taken(); !all)
    return tl::unexpected(all.error());
  return node;
}

/// What every node has is meant of this one, unless another is named.
void answer_about(const services& services, const call& call, actor_question::word asked) {
  const auto node = take_node(call.request().query);
  if (!node)
    return call.responder.send(node.error());
  const actor_question question{asked, std::string{call.request().parameter("path")}};
  if (*node && **node != services.node.name)
    return ask_node(services, call.responder, **node, question);
  const bool may_be_elsewhere = !*node && services.links;
  if (may_be_elsewhere && !find_card(services, question.about))
    return ask_whoever_has_it(services, call.responder, question);
  answer_here(services, call.responder, question);
}

// ------------------------------------------------------------------------------------- the stream

/// A watcher that lost its connection says with which event it goes on.
result<std::uint64_t> take_last_event(const request& request, const supervision::life_log& lives) {
  const auto text = request.header("Last-Event-ID");
  if (!text)
    return lives.last_sequence();
  std::uint64_t last = 0;
  const auto number = std::from_chars(text->data(), text->data() + text->size(), last);
  if (number.ec != std::errc{} || number.ptr != text->data() + text->size())
    return domain::fail(ec::invalid_value, "Last-Event-ID must be the id of an event.");
  return last;
}

answer watch_actors(const route_context& context, const call& call, store_sessions& /*sessions*/) {
  const auto after = take_last_event(call.request(), context.services.directory.lives());
  if (!after)
    return refuse(after.error());
  response made{.status = 200,
                .body = {},
                .content_type = "text/event-stream",
                .headers = {{"Cache-Control", "no-store"}}};
  // A HEAD asks for no events.
  if (call.request().method == "HEAD")
    return made;
  made.stream = context.actor_watch.watch(*after);
  if (!made.stream)
    return refuse(ec::overloaded, "As many clients watch the actors as may.");
  return made;
}

}  // namespace

response answer_about_actors(const services& services, std::string_view question) {
  const auto asked = parse_actor_question(question);
  answer made = asked ? answer_here(services, *asked)
                      : refuse(ec::invalid_value, "This node does not know the question.");
  return made ? *std::move(made) : to_response(made.error(), "");
}

void add_actor_routes(operations& to, const route_context& context) {
  // Nothing here waits for the store, but looking at many thousand actors is no work for a thread
  // that others wait for.
  const auto add_one = [&](const char* method, const char* pattern, actor_question::word asked) {
    to.add_late_stored(method, pattern, access::operate,
                       [&context, asked](const call& call, store_sessions&) {
                         answer_about(context.services, call, asked);
                       });
  };
  using enum actor_question::word;
  to.add_late_stored("GET", "/api/v1/actors", access::operate, with_context(context, list_actors));
  to.add_stored("GET", "/api/v1/actors/stream", access::operate,
                with_context(context, watch_actors));
  add_one("GET", "/api/v1/actors/{path...}", show);
  add_one("POST", "/api/v1/actors/{path...}/restart", restart);
  add_one("POST", "/api/v1/actors/{path...}/release", release);
}

}  // namespace talaria::http
