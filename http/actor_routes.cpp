#include "domain/time.hpp"
#include "http/routes.hpp"
#include "supervision/directory.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace talaria::http {
namespace {

using domain::ec;
namespace json = boost::json;

constexpr std::size_t actors_default = 250;
/// One per active subscription: more than a page of other lists, and read by operators only.
constexpr std::size_t actors_max = 1000;

std::string to_json(const supervision::actor_snapshot& actor) {
  const bool failed = !actor.last_failure.empty();
  std::string text = json::serialize(json::object{
      {"path", actor.path},
      {"kind", actor.kind},
      {"state", to_string(actor.state)},
      {"started_at", domain::to_rfc3339(actor.started_at)},
      {"restarts", actor.restarts},
      {"last_failure", failed ? json::value(actor.last_failure) : json::value(nullptr)},
      {"messages_handled", actor.messages_handled},
      {"mailbox_depth", actor.mailbox_depth},
      {"busy_us", actor.busy_us},
  });
  text.pop_back();
  return text + R"(,"details":)" + (actor.details_json.empty() ? "{}" : actor.details_json) + '}';
}

answer list_actors(const route_context& context, const call& call) {
  auto query = query_parameters::parse(call.request().query);
  if (!query) {
    return refuse(query.error());
  }
  const auto limit = take_limit(*query, actors_default, actors_max);
  if (!limit) {
    return refuse(limit.error());
  }
  const auto kind = query->take("kind");
  const auto state = query->take("state");
  if (const auto all = query->check_all_taken(); !all) {
    return refuse(all.error());
  }
  std::string body = R"({"data":[)";
  std::size_t matching = 0;
  for (const supervision::actor_snapshot& actor : context.services.directory.snapshot()) {
    if ((kind && *kind != actor.kind) || (state && *state != to_string(actor.state))) {
      continue;
    }
    ++matching;
    if (matching <= *limit) {
      body += (matching > 1 ? "," : "") + to_json(actor);
    }
  }
  return json_response(200, body + R"(],"total":)" + std::to_string(matching) + '}');
}

answer get_actor(const route_context& context, const call& call) {
  const std::string path = "/" + std::string(call.request().parameter("path"));
  const auto card = context.services.directory.find(path);
  if (!card) {
    return refuse(ec::not_found, "There is no actor at this path.");
  }
  const auto view = card->read();
  supervision::actor_snapshot actor;
  actor.path = card->path;
  actor.kind = card->kind;
  actor.state = card->state;
  actor.started_at = view.started_at;
  actor.restarts = view.restarts;
  actor.last_failure = view.last_failure;
  actor.messages_handled = card->messages_handled;
  actor.mailbox_depth = card->mailbox_depth;
  actor.busy_us = card->busy_us;
  actor.details_json = card->details_json();
  return json_response(200, to_json(actor));
}

}  // namespace

void add_actor_routes(operations& to, const route_context& context) {
  // Nothing here waits for the store, but copying many thousand snapshots is no work for a thread
  // that others wait for.
  to.add_stored(
      "GET", "/api/v1/actors", access::operate,
      [&context](const call& call, store_sessions&) { return list_actors(context, call); });
  to.add_stored("GET", "/api/v1/actors/{path...}", access::operate,
                [&context](const call& call, store_sessions&) { return get_actor(context, call); });
}

}  // namespace talaria::http
