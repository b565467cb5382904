#include "bench/ceilings/ceilings.hpp"

namespace talaria::bench {

std::vector<scenario> all_ceilings() {
  std::vector<scenario> all;
  for (const std::size_t clients : {16U, 64U, 256U, 512U})
    all.push_back(http_ceiling(clients));
  all.push_back(http_ceiling(16, 100));
  for (const auto tables : {insert_tables::bare, insert_tables::product}) {
    for (const std::size_t batch_events : {1U, 100U, 500U})
      all.push_back(insert_ceiling(batch_events, tables));
  }
  all.push_back(post_ceiling());
  return all;
}

}  // namespace talaria::bench
