#pragma once

#include "persistence/sqlite/database.hpp"
#include "persistence/store.hpp"

namespace talaria::persistence::sqlite {

class event_appender : public persistence::event_appender {
public:
  explicit event_appender(database& database) : database_{database} {}

  result<std::vector<appended_group>> append(std::span<const event_group> groups,
                                             std::int64_t catalog_revision) override;

private:
  database& database_;
};

}  // namespace talaria::persistence::sqlite
