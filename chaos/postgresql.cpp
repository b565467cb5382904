#include "chaos/postgresql.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace talaria::chaos {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto look_interval = 10ms;
/// Who does not follow by then has lost the way.
constexpr auto follow_patience = 15s;
/// What was on its way to a standby has arrived by then.
constexpr auto arrival_patience = 10s;

constexpr std::array names{"alpha", "north", "south"};
/// The same for all of them: each may be the primary, and none is its own standby.
constexpr auto synchronous_names = "ANY 1 (alpha, north, south)";
/// A standby that was away finds what it missed, and looks for it soon. What a server shares in
/// memory is in its directory, and goes with it when it is lost.
constexpr auto replication_settings =
    "synchronous_commit = on\nwal_keep_size = 256MB\nwal_retrieve_retry_interval = 100ms\n"
    "dynamic_shared_memory_type = mmap\n";

constexpr std::string_view only_the_primary = "&target_session_attrs=read-write";

bool wait_until(std::chrono::milliseconds patience, const std::function<bool()>& holds) {
  const auto until = steady::now() + patience;
  while (!holds()) {
    if (steady::now() >= until)
      return false;
    std::this_thread::sleep_for(look_interval);
  }
  return true;
}

}  // namespace

postgresql::postgresql(const std::filesystem::path& log, standbys standbys) {
  const bool alone = standbys == standbys::none;
  for (std::size_t index = 0; index < (alone ? 1 : names.size()); ++index)
    servers_.push_back(std::make_unique<postgres_server>(
        postgres_server::options{.name = names.at(index),
                                 .log = log,
                                 .settings = alone ? "" : replication_settings,
                                 .synchronous_names = alone ? "" : synchronous_names}));
  primary().make();
  restore_standbys();
}

std::string postgresql::url() const {
  std::vector<std::string> directories;
  for (const auto& each : servers_)
    directories.push_back(each->directory().string());
  return fmt::format("postgresql:///postgres?host={}&user=talaria{}", fmt::join(directories, ","),
                     servers_.size() == 1 ? "" : only_the_primary);
}

std::string postgresql::url_at(std::span<const std::uint16_t> ports) const {
  std::vector<std::string> hosts;
  for (const auto port : ports)
    hosts.push_back(fmt::format("127.0.0.1:{}", port));
  return fmt::format("postgresql://talaria@{}/postgres?sslmode=disable{}", fmt::join(hosts, ","),
                     servers_.size() == 1 ? "" : only_the_primary);
}

std::vector<std::filesystem::path> postgresql::sockets() const {
  std::vector<std::filesystem::path> found;
  for (const auto& each : servers_)
    found.push_back(each->socket());
  return found;
}

std::vector<postgres_server*> postgresql::standbys_left() const {
  std::vector<postgres_server*> found;
  for (const auto& each : servers_) {
    if (each.get() != &primary() && each->exists())
      found.push_back(each.get());
  }
  return found;
}

void postgresql::forsake_standbys() {
  primary().stop_waiting_for_standbys();
  for (auto* each : standbys_left())
    each->follow(nullptr);
}

void postgresql::fail_over() {
  primary().lose();
  promote_best();
}

/// Each has said how much it has only once nothing more comes.
void postgresql::promote_best() {
  const auto left = standbys_left();
  if (left.empty())
    throw std::runtime_error("no standby of PostgreSQL is left");
  for (const auto* each : left) {
    if (!wait_until(arrival_patience, [&] { return !each->receives(); }))
      throw std::runtime_error(fmt::format("{} hears of a primary that is lost", each->name()));
  }
  const auto* best = *std::ranges::max_element(left, {}, &postgres_server::received_bytes);
  best->promote();
  primary_ = static_cast<std::size_t>(
      std::ranges::find(servers_, best, &std::unique_ptr<postgres_server>::get) - servers_.begin());
  for (auto* each : standbys_left())
    each->follow(best);
}

/// Standbys that do not follow, or not yet.
std::vector<postgres_server*> postgresql::strays() const {
  auto found = standbys_left();
  if (!found.empty())
    std::erase_if(found, [followers = primary().followers()](const postgres_server* each) {
      return followers.find(each->name()) != std::string::npos;
    });
  return found;
}

void postgresql::restore_standbys() {
  const auto all_follow = [this] { return strays().empty(); };
  for (const auto& each : servers_) {
    if (!each->exists())
      each->make_standby_of(primary());
  }
  if (wait_until(follow_patience, all_follow))
    return;
  for (auto* each : strays())
    each->make_standby_of(primary());
  if (!wait_until(follow_patience, all_follow))
    throw std::runtime_error("the standbys of PostgreSQL do not follow");
}

void postgresql::recover() {
  if (!primary().exists())
    promote_best();
  primary().recover();
  restore_standbys();
}

}  // namespace talaria::chaos
