#include "console/cluster_view.hpp"

#include <fmt/format.h>

#include "console/answer_fields.hpp"
#include "console/text.hpp"
#include <algorithm>

namespace talaria::console {

namespace {

namespace json = boost::json;

cluster_node to_node(const json::object& object) {
  cluster_node read;
  read.name = text_in(object, "name");
  read.status = text_in(object, "status");
  read.version = text_in(object, "version");
  read.address = text_in(object, "address");
  read.shards = count_in(object, "shards").value_or(0);
  read.lag = std::chrono::milliseconds{count_in(object, "lag_ms").value_or(0)};
  if (const auto* link = object_in(object, "link"))
    read.link = text_in(*link, "state");
  read.is_self = text_in(object, "self") == "true";
  return read;
}

}  // namespace

domain::result<cluster_state> read_cluster(std::string_view body) {
  const auto parsed = parse_answer(body);
  if (!parsed)
    return tl::unexpected(parsed.error());
  const auto& object = parsed->get_object();
  const auto* nodes = object.if_contains("nodes");
  if (nodes == nullptr || !nodes->is_array())
    return domain::fail(domain::ec::invalid_json, "The answer is not a cluster.");
  cluster_state state;
  state.shards = count_in(object, "shards").value_or(0);
  state.free_shards = count_in(object, "free_shards").value_or(0);
  for (const auto& element : nodes->get_array()) {
    if (const auto* listed = element.if_object())
      state.nodes.push_back(to_node(*listed));
  }
  return state;
}

std::vector<std::string> to_table(const cluster_state& state) {
  std::size_t width = 4;
  for (const auto& node : state.nodes)
    width = std::max(width, node.name.size());
  constexpr auto row = "{:<{}} {:<8} {:>6} {:>6} {:<10} {:<9} {}";
  std::vector<std::string> lines{
      fmt::format(row, "NODE", width, "STATUS", "SHARDS", "LAG", "LINK", "VERSION", "ADDRESS")};
  for (const auto& node : state.nodes) {
    const std::string link = node.is_self ? "(answers)" : node.link.empty() ? "-" : node.link;
    lines.push_back(fmt::format(row, node.name, width, node.status, node.shards, compact(node.lag),
                                link, node.version, node.address.empty() ? "-" : node.address));
  }
  if (state.free_shards > 0)
    lines.push_back(fmt::format("{} of {} shards are free", state.free_shards, state.shards));
  return lines;
}

}  // namespace talaria::console
