#pragma once

#include "persistence/history.hpp"
#include "persistence/retention_clock.hpp"
#include "persistence/sql/access.hpp"
#include "persistence/sql/delivery_lookup.hpp"

namespace talaria::persistence::sql {

/// Events are in history_events.cpp, deliveries in history_deliveries.cpp, what a person may do to
/// them in history_actions.cpp.
class history : public persistence::history {
public:
  history(std::unique_ptr<access> access, retention_clock retention)
      : access_{std::move(access)}, retention_{std::move(retention)} {}

  void annotate(write_note note) override { access_->annotate(std::move(note)); }

  result<page_of<domain::event>> list_events(const tenant& tenant, const event_filter& filter,
                                             const page_request& page) override;
  result<domain::event> find_event(const tenant& tenant, const domain::event_id& id) override;

  result<page_of<delivery_row>> list_deliveries(const tenant& tenant, const delivery_filter& filter,
                                                const page_request& page) override;
  result<delivery_row> find_delivery(const tenant& tenant, const domain::delivery_id& id) override;
  result<std::vector<domain::attempt>> list_attempts(const tenant& tenant,
                                                     const domain::delivery_id& id) override;

  result<void> retry_delivery(const tenant& tenant, const domain::delivery_id& id,
                              timestamp now) override;
  result<void> cancel_delivery(const tenant& tenant, const domain::delivery_id& id,
                               timestamp now) override;
  result<std::vector<subscription_number>> replay_event(const tenant& tenant,
                                                        const domain::event_id& id,
                                                        timestamp now) override;

  result<std::vector<queue_depth>> queue_depths() override;
  result<std::uint32_t> count_pending(const domain::organization_id& organization,
                                      std::uint32_t counted_max) override;

private:
  sight sight_of(const tenant& tenant) const;

  std::unique_ptr<access> access_;
  const retention_clock retention_;
};

}  // namespace talaria::persistence::sql
