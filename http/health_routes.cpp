#include "http/routes.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string_view>

namespace talaria::http {
namespace {

using domain::ec;

/// What a healthy node says: loud about faults that may be injected into it.
response healthy(std::string_view status, const services& services) {
  boost::json::object body{{"status", status}};
  if (services.faults != nullptr) {
    body["chaos"] = {{"enabled", true}, {"faults", services.faults->active()}};
  }
  return json_response(200, boost::json::serialize(body));
}

/// For those who distribute requests any other status than 200 says the same; this one is true of
/// the node rather than of their request.
problem not_ready(ec code, const char* why) {
  problem made = to_problem({code, why, ""});
  made.status = 503;
  return made;
}

/// What can be told at once, of a node that may have no thread to spare.
std::optional<problem> find_obstacle(const services& services) {
  if (services.draining()) {
    return not_ready(ec::draining, "The node is shutting down.");
  }
  if (services.gateway.load().is_full()) {
    return not_ready(ec::overloaded, "As many submissions as may be are in progress.");
  }
  return std::nullopt;
}

problem too_many_waiting() {
  return not_ready(ec::overloaded, "Too many requests wait for the store at this moment.");
}

class readiness {
public:
  explicit readiness(const route_context& context) : context_(context) {}

  void answer(const call& call) const {
    if (const auto obstacle = find_obstacle(context_.services)) {
      return call.responder.send(*obstacle);
    }
    const bool accepted = context_.post_to_store(
        [this, call](store_sessions& sessions) { probe(call.responder, *sessions.store); });
    if (!accepted) {
      call.responder.send(too_many_waiting());
    }
  }

private:
  void probe(const responder& responder, persistence::store& store) const {
    const auto probed = context_.store_metrics.time(actors::store_operation::probe,
                                                    [&store] { return store.probe(); });
    if (probed) {
      responder.send(healthy("ready", context_.services));
    } else {
      responder.send(probed.error());
    }
  }

  const route_context& context_;
};

}  // namespace

void add_health_routes(operations& to, const route_context& context) {
  to.add("GET", "/health/live", access::open,
         [&context](const call& call) { call.responder.send(healthy("live", context.services)); });
  to.add("GET", "/health/ready", access::open,
         [ready = readiness(context)](const call& call) { ready.answer(call); });
}

}  // namespace talaria::http
