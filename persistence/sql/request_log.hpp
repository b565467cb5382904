#pragma once

#include "persistence/request_log.hpp"
#include "persistence/sql/access.hpp"

#include <memory>
#include <utility>

namespace talaria::persistence::sql {

/// Its rows are written by note_statements.hpp.
class request_log : public persistence::request_log {
public:
  explicit request_log(std::unique_ptr<access> access) : access_{std::move(access)} {}

  result<page_of<domain::audit_entry>> list(const tenant& tenant,
                                            const page_request& page) override;
  result<std::optional<creation>> find_creation(const domain::organization_id& organization,
                                                const domain::uuid& key_hash,
                                                timestamp now) override;

private:
  std::unique_ptr<access> access_;
};

}  // namespace talaria::persistence::sql
