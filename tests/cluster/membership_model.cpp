#include "tests/cluster/membership_model.hpp"

#include <algorithm>

namespace talaria::cluster::test {

using domain::result;
using persistence::node_status;

void membership_tables::bury(const std::string& incarnation) {
  nodes.at(incarnation).status = node_status::dead;
  for (auto& holding : shards) {
    if (holding.owner == incarnation)
      holding.owner.clear();
  }
}

result<void> membership_model::reach(std::uint64_t& counter) const {
  if (is_cut_off)
    return domain::fail(domain::ec::store_unavailable, "cut off");
  ++counter;
  return {};
}

result<void> membership_model::join(const persistence::node_row& node) {
  if (auto reached = reach(tables_.statements.others); !reached)
    return reached;
  for (auto& [incarnation, former] : tables_.nodes) {
    if (former.name == node.name && former.status != node_status::dead)
      tables_.bury(incarnation);
  }
  tables_.nodes[node.incarnation] = node;
  return {};
}

result<node_status> membership_model::renew(std::string_view incarnation) {
  if (auto reached = reach(tables_.statements.renewals); !reached)
    return tl::unexpected(reached.error());
  auto& node = tables_.nodes.at(std::string{incarnation});
  if (node.status != node_status::dead)
    ++node.renewals;
  return node.status;
}

result<persistence::cluster_view> membership_model::look() {
  if (auto reached = reach(tables_.statements.looks); !reached)
    return tl::unexpected(reached.error());
  persistence::cluster_view seen;
  for (const auto& [incarnation, node] : tables_.nodes) {
    if (node.status != node_status::dead)
      seen.nodes.push_back(node);
  }
  seen.shards = tables_.shards;
  seen.catalog_revision = tables_.catalog_revision;
  return seen;
}

result<std::vector<std::string>> membership_model::bury(
    std::span<const persistence::sighting> still) {
  if (auto reached = reach(tables_.statements.burials); !reached)
    return tl::unexpected(reached.error());
  std::vector<std::string> buried;
  for (const auto& seen : still) {
    const auto& node = tables_.nodes.at(seen.incarnation);
    if (node.status == node_status::dead || node.renewals != seen.renewals)
      continue;
    tables_.bury(seen.incarnation);
    buried.push_back(seen.incarnation);
  }
  return buried;
}

result<std::vector<persistence::owned_shard>> membership_model::claim(std::string_view incarnation,
                                                                      std::size_t shards_max) {
  if (auto reached = reach(tables_.statements.claims); !reached)
    return tl::unexpected(reached.error());
  std::vector<persistence::owned_shard> claimed;
  if (tables_.nodes.at(std::string{incarnation}).status != node_status::up)
    return claimed;
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < tables_.shards.size(); ++i) {
    if (tables_.shards[i].owner.empty())
      free.push_back(i);
  }
  std::ranges::shuffle(free, tables_.chance);
  free.resize(std::min(free.size(), shards_max));
  for (const auto i : free) {
    auto& holding = tables_.shards[i];
    holding.owner = incarnation;
    holding.epoch =
        static_cast<persistence::fencing_epoch>(static_cast<std::int64_t>(holding.epoch) + 1);
    claimed.push_back({static_cast<persistence::shard_id>(i), holding.epoch});
  }
  return claimed;
}

result<void> membership_model::release(std::string_view incarnation,
                                       std::span<const persistence::shard_id> shards) {
  if (auto reached = reach(tables_.statements.releases); !reached)
    return reached;
  for (const auto shard : shards) {
    auto& holding = tables_.shards.at(static_cast<std::size_t>(shard));
    if (holding.owner == incarnation)
      holding.owner.clear();
  }
  return {};
}

result<void> membership_model::set_draining(std::string_view name, bool draining) {
  if (auto reached = reach(tables_.statements.others); !reached)
    return reached;
  for (auto& [incarnation, node] : tables_.nodes) {
    if (node.name != name || node.status == node_status::dead)
      continue;
    node.status = draining ? node_status::draining : node_status::up;
    return {};
  }
  return domain::fail(domain::ec::not_found, "no such node");
}

result<void> membership_model::leave(std::string_view incarnation) {
  if (auto reached = reach(tables_.statements.others); !reached)
    return reached;
  tables_.bury(std::string{incarnation});
  return {};
}

result<std::vector<persistence::node_lag>> membership_model::lags(domain::timestamp /*now*/) {
  return std::vector<persistence::node_lag>{};
}

}  // namespace talaria::cluster::test
