#pragma once

#include "persistence/outbox.hpp"
#include "persistence/sql/access.hpp"

namespace talaria::persistence::sql {

class outbox : public persistence::outbox {
public:
  explicit outbox(std::unique_ptr<access> access) : access_{std::move(access)} {}

  result<std::vector<untold_event>> first(std::size_t events_max) override;
  result<void> remove(std::span<const domain::uuid> ids) override;

private:
  std::unique_ptr<access> access_;
};

}  // namespace talaria::persistence::sql
