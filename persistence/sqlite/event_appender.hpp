#pragma once

#include "persistence/event_appender.hpp"
#include "persistence/sql/access.hpp"

namespace talaria::persistence::sqlite {

class event_appender : public persistence::event_appender {
public:
  explicit event_appender(std::unique_ptr<sql::access> access) : access_{std::move(access)} {}

  result<std::vector<appended_group>> append(std::span<const event_group> groups,
                                             std::int64_t catalog_revision) override;

private:
  std::unique_ptr<sql::access> access_;
};

}  // namespace talaria::persistence::sqlite
