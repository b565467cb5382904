#include "http/backlog_quota.hpp"

namespace talaria::http {

backlog_quota::verdict backlog_quota::ask(const domain::organization_id& organization,
                                          std::uint32_t quota, domain::timestamp now) {
  const std::scoped_lock lock(mutex_);
  const auto found = counts_.find(organization);
  if (found == counts_.end() || now - found->second.at >= fresh) {
    return verdict::unknown;
  }
  if (found->second.pending < quota) {
    return verdict::room;
  }
  return now - found->second.at < recount ? verdict::full : verdict::unknown;
}

void backlog_quota::counted(const domain::organization_id& organization, std::uint32_t pending,
                            domain::timestamp now) {
  const std::scoped_lock lock(mutex_);
  if (counts_.size() >= remembered_max) {
    counts_.clear();
  }
  counts_[organization] = {pending, now};
}

void backlog_quota::add(const domain::organization_id& organization, std::size_t deliveries) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = counts_.find(organization); found != counts_.end()) {
    found->second.pending += deliveries;
  }
}

}  // namespace talaria::http
