#pragma once

#include "persistence/recoveries.hpp"
#include "persistence/retention_clock.hpp"
#include "persistence/sql/access.hpp"

#include <memory>
#include <utility>

namespace talaria::persistence::sql {

class recoveries : public persistence::recoveries {
public:
  recoveries(std::unique_ptr<access> access, retention_clock retention)
      : access_{std::move(access)}, retention_{std::move(retention)} {}

  void annotate(write_note note) override { access_->annotate(std::move(note)); }

  result<domain::recovery> create(const tenant& tenant, const domain::subscription_id& subscription,
                                  const domain::recovery_id& id,
                                  const domain::recovery_request& wanted, timestamp now) override;
  result<domain::recovery> find(const tenant& tenant, const domain::subscription_id& subscription,
                                const domain::recovery_id& id) override;
  result<page_of<domain::recovery>> list(const tenant& tenant,
                                         const domain::subscription_id& subscription,
                                         const page_request& page) override;
  result<domain::recovery> cancel(const tenant& tenant, const domain::subscription_id& subscription,
                                  const domain::recovery_id& id, timestamp now) override;
  result<std::vector<domain::recovery>> running() override;
  result<domain::recovery> advance(const domain::recovery_id& id, std::size_t deliveries_max,
                                   timestamp now) override;

private:
  std::unique_ptr<access> access_;
  const retention_clock retention_;
};

}  // namespace talaria::persistence::sql
