#include "bench/ceilings/ceilings.hpp"

#include <algorithm>
#include <iterator>

namespace talaria::bench {

namespace {

constexpr std::size_t group_events = 100;

std::vector<scenario> store_ceilings(const settings& settings) {
  std::vector<scenario> all;
  if (!settings.postgresql_url.empty()) {
    for (const std::size_t batch_events : {std::size_t{1}, group_events, std::size_t{500}})
      all.push_back(postgresql_insert_ceiling(batch_events));
    return all;
  }
  for (const auto tables : {insert_tables::bare, insert_tables::product}) {
    for (const std::size_t batch_events : {std::size_t{1}, group_events, std::size_t{500}})
      all.push_back(sqlite_insert_ceiling(batch_events, tables));
  }
  return all;
}

}  // namespace

std::string store_ceiling_name(const settings& settings) {
  return settings.postgresql_url.empty()
             ? sqlite_insert_ceiling_name(group_events, insert_tables::bare)
             : postgresql_insert_ceiling_name(group_events);
}

std::vector<scenario> all_ceilings(const settings& settings) {
  std::vector<scenario> all;
  for (const std::size_t clients : {16U, 64U, 256U, 512U})
    all.push_back(http_ceiling(clients));
  all.push_back(http_ceiling(16, 100));
  std::ranges::move(store_ceilings(settings), std::back_inserter(all));
  all.push_back(post_ceiling());
  return all;
}

}  // namespace talaria::bench
