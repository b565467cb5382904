#include "domain/time.hpp"
#include "http/rendering.hpp"
#include "http/routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <unordered_map>

namespace talaria::http {
namespace {

using domain::ec;
using persistence::cluster_view;
using persistence::node_row;
using persistence::node_status;
namespace json = boost::json;

std::string_view to_text(node_status status) {
  switch (status) {
    case node_status::up:
      return "up";
    case node_status::draining:
      return "draining";
    case node_status::dead:
      break;
  }
  return "dead";
}

std::string_view to_text(cluster::link_state state) {
  switch (state) {
    case cluster::link_state::connecting:
      return "connecting";
    case cluster::link_state::greeting:
      return "greeting";
    case cluster::link_state::up:
      return "up";
    case cluster::link_state::refused:
      return "refused";
    case cluster::link_state::down:
      break;
  }
  return "down";
}

json::object describe(const cluster::links::shown_link& shown) {
  const auto& link = shown.link;
  using micros = std::chrono::microseconds;
  return {{"state", to_text(link.state)},
          {"since", domain::to_rfc3339(shown.since)},
          {"last_error", text_or_null(link.last_error)},
          {"round_trip_us", std::chrono::duration_cast<micros>(link.round_trip).count()},
          {"messages_sent", link.counts.messages_sent},
          {"messages_received", link.counts.messages_received},
          {"messages_dropped", link.counts.messages_dropped},
          {"unacknowledged_bytes", link.unacknowledged_bytes}};
}

/// What is known of all nodes, on its way to become a document.
struct cluster_state {
  cluster_view seen;
  std::vector<persistence::node_lag> lags;
  std::vector<cluster::links::shown_link> links;
};

json::value lag_of(const cluster_state& state, const node_row& node) {
  const auto found =
      std::ranges::find(state.lags, node.incarnation, &persistence::node_lag::incarnation);
  return found == state.lags.end() ? 0 : std::max<std::int64_t>(found->oldest_due.count(), 0);
}

json::value link_to(const cluster_state& state, const node_row& node) {
  const auto found = std::ranges::find(state.links, node.incarnation,
                                       [](const auto& shown) { return shown.link.incarnation; });
  return found == state.links.end() ? json::value(nullptr) : describe(*found);
}

json::object describe(const cluster_state& state, const node_identity& self) {
  std::unordered_map<std::string_view, std::int64_t> shards;
  for (const auto& holding : state.seen.shards)
    ++shards[holding.owner];
  json::array nodes;
  for (const auto& node : state.seen.nodes) {
    nodes.push_back(json::object{
        {"name", node.name},
        {"incarnation", node.incarnation},
        {"self", node.incarnation == self.incarnation},
        {"status", to_text(node.status)},
        {"version", node.version},
        {"protocol", json::object{{"min", node.protocol_min}, {"max", node.protocol_max}}},
        {"address", text_or_null(node.address)},
        {"joined_at", domain::to_rfc3339(node.joined_at)},
        {"shards", shards[node.incarnation]},
        {"lag_ms", lag_of(state, node)},
        {"link", link_to(state, node)}});
  }
  return {{"node", self.name},
          {"shards", state.seen.shards.size()},
          {"free_shards", shards[""]},
          {"nodes", std::move(nodes)}};
}

/// Of a store that nobody else can share.
cluster_state alone(const node_identity& self) {
  cluster_state made;
  made.seen.nodes.push_back({.incarnation = self.incarnation,
                             .name = self.name,
                             .address = {},
                             .version = TALARIA_VERSION,
                             .joined_at = self.started_at});
  made.seen.shards.assign(persistence::shard_count, {self.incarnation, {}});
  return made;
}

domain::result<cluster_state> read_cluster(const route_context& context, store_sessions& sessions) {
  const auto& services = context.services;
  if (!sessions.membership)
    return alone(services.node);
  auto seen = sessions.membership->look();
  if (!seen)
    return tl::unexpected(seen.error());
  auto lags = sessions.membership->lags(services.now());
  if (!lags)
    return tl::unexpected(lags.error());
  return cluster_state{
      *std::move(seen), *std::move(lags),
      services.links ? services.links() : std::vector<cluster::links::shown_link>{}};
}

answer show_cluster(const route_context& context, const call& /*call*/, store_sessions& sessions) {
  const auto state = read_cluster(context, sessions);
  if (!state)
    return refuse(state.error());
  return json_response(200, json::serialize(describe(*state, context.services.node)));
}

answer set_draining(const route_context& context, const call& call, store_sessions& sessions,
                    bool draining) {
  if (!sessions.membership)
    return refuse(ec::conflict, "This node is alone: nobody could take over what it gives away.");
  const auto name = call.request().parameter("name");
  if (const auto set = sessions.membership->set_draining(name, draining); !set)
    return refuse(set.error());
  spdlog::warn("node {} is to {}, as an operator asked", name,
               draining ? "give its shards away" : "take shards again");
  return show_cluster(context, call, sessions);
}

}  // namespace

void add_cluster_routes(operations& to, const route_context& context) {
  to.add_stored("GET", "/api/v1/cluster", access::operate, with_context(context, show_cluster));
  const auto setting = [&context](bool draining) {
    return [&context, draining](const call& call, store_sessions& sessions) {
      return set_draining(context, call, sessions, draining);
    };
  };
  to.add_stored("POST", "/api/v1/cluster/nodes/{name}/drain", access::operate, setting(true));
  to.add_stored("POST", "/api/v1/cluster/nodes/{name}/undrain", access::operate, setting(false));
}

}  // namespace talaria::http
