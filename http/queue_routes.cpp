#include "domain/event.hpp"
#include "domain/time.hpp"
#include "http/routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace talaria::http {
namespace {

using domain::ec;
using domain::result;
namespace json = boost::json;

struct queue_state {
  persistence::queue_depth depth;
  actors::queue_activity activity;
  bool paused = false;
};

json::object describe(const queue_state& state, domain::timestamp now) {
  json::object shown{{"priority", to_string(state.depth.priority)},
                     {"paused", state.paused},
                     {"pending", state.depth.pending},
                     {"in_flight", state.activity.in_flight},
                     {"delivered", state.activity.delivered},
                     {"failed", state.activity.dead},
                     {"oldest_due_at", nullptr},
                     {"oldest_age_ms", nullptr}};
  if (const auto oldest = state.depth.oldest_due) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - *oldest);
    shown["oldest_due_at"] = domain::to_rfc3339(*oldest);
    shown["oldest_age_ms"] = std::max<std::int64_t>(age.count(), 0);
  }
  return shown;
}

result<std::vector<queue_state>> read_queues(const route_context& context,
                                             store_sessions& sessions) {
  const auto depths = sessions.history->queue_depths();
  if (!depths) {
    return tl::unexpected(depths.error());
  }
  const auto paused = sessions.catalog->paused_queues();
  if (!paused) {
    return tl::unexpected(paused.error());
  }
  const auto activities = context.services.gateway.queues();
  std::vector<queue_state> states;
  for (const persistence::queue_depth& depth : *depths) {
    states.push_back({.depth = depth,
                      .activity = activities.at(static_cast<std::size_t>(depth.priority)),
                      .paused = paused->contains(depth.priority)});
  }
  return states;
}

answer list_queues(const route_context& context, store_sessions& sessions) {
  const auto states = read_queues(context, sessions);
  if (!states) {
    return refuse(states.error());
  }
  json::array data;
  for (const queue_state& state : *states) {
    data.push_back(describe(state, context.services.now()));
  }
  return json_response(200, json::serialize(json::object{{"data", std::move(data)}}));
}

answer set_paused(const route_context& context, const call& call, store_sessions& sessions,
                  bool paused) {
  const auto queue = domain::parse_priority(call.request().parameter("priority"));
  if (!queue) {
    return refuse(ec::not_found, "A queue is high, normal or low.");
  }
  if (const auto set = sessions.catalog->set_queue_paused(*queue, paused); !set) {
    return refuse(set.error());
  }
  context.services.gateway.catalog_changed();
  const auto states = read_queues(context, sessions);
  if (!states) {
    return refuse(states.error());
  }
  const auto shown = std::ranges::find(
      *states, *queue, [](const queue_state& state) { return state.depth.priority; });
  return json_response(200, json::serialize(describe(*shown, context.services.now())));
}

}  // namespace

void add_queue_routes(operations& to, const route_context& context) {
  to.add_stored(
      "GET", "/api/v1/queues", access::observe,
      [&context](const call&, store_sessions& sessions) { return list_queues(context, sessions); });
  const auto setting = [&context](bool paused) {
    return [&context, paused](const call& call, store_sessions& sessions) {
      return set_paused(context, call, sessions, paused);
    };
  };
  // Queues are everybody's: what one organization may do must not hold up another.
  to.add_stored("POST", "/api/v1/queues/{priority}/pause", access::operate, setting(true));
  to.add_stored("POST", "/api/v1/queues/{priority}/resume", access::operate, setting(false));
}

}  // namespace talaria::http
