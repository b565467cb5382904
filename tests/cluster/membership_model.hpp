#pragma once

#include "persistence/membership.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace talaria::cluster::test {

/// The tables that nodes share, in memory, with what each call would have been in statements.
struct membership_tables {
  std::map<std::string, persistence::node_row> nodes;
  std::vector<persistence::cluster_view::holding> shards =
      std::vector<persistence::cluster_view::holding>(persistence::shard_count);
  std::int64_t catalog_revision = 0;
  /// Of which every test draws the same.
  std::mt19937_64 chance{1};

  struct statement_counts {
    std::uint64_t renewals = 0;
    std::uint64_t looks = 0;
    std::uint64_t burials = 0;
    std::uint64_t claims = 0;
    std::uint64_t releases = 0;
    std::uint64_t others = 0;

    std::uint64_t sum() const { return renewals + looks + burials + claims + releases + others; }
  };
  statement_counts statements;

  void bury(const std::string& incarnation);
};

/// One node's session.
class membership_model : public persistence::membership {
public:
  explicit membership_model(membership_tables& tables) : tables_{tables} {}

  /// Calls fail while it is set.
  bool is_cut_off = false;

  domain::result<void> join(const persistence::node_row& node) override;
  domain::result<persistence::node_status> renew(std::string_view incarnation) override;
  domain::result<persistence::cluster_view> look() override;
  domain::result<std::vector<std::string>> bury(
      std::span<const persistence::sighting> still) override;
  domain::result<std::vector<persistence::owned_shard>> claim(std::string_view incarnation,
                                                              std::size_t shards_max) override;
  domain::result<void> release(std::string_view incarnation,
                               std::span<const persistence::shard_id> shards) override;
  domain::result<void> set_draining(std::string_view name, bool draining) override;
  domain::result<void> leave(std::string_view incarnation) override;
  domain::result<std::vector<persistence::node_lag>> lags(domain::timestamp now) override;

private:
  domain::result<void> reach(std::uint64_t& counter) const;

  membership_tables& tables_;
};

}  // namespace talaria::cluster::test
