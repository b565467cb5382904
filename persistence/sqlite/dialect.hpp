#pragma once

#include "persistence/sql/dialect.hpp"

namespace talaria::persistence::sqlite {

/// Ids are blobs of 16 bytes, lists of numbers JSON arrays.
class dialect : public sql::dialect {
public:
  std::string adapt(std::string sql) const override;

  std::string to_stored(const domain::uuid& id) const override;
  domain::uuid read_id(const std::string& stored) const override;
  std::string read_payload(std::string stored) const override { return stored; }

  std::string to_stored(std::span<const subscription_number> numbers) const override;
  std::vector<subscription_number> read_numbers(std::string_view stored) const override;

  std::string_view label_condition() const override;
  std::string to_label_filter(const domain::labels& wanted) const override;
  bool filters_all_labels() const override { return false; }

  std::string newest_of_each(std::string_view columns, std::string_view table,
                             std::string_view condition) const override;
  std::size_t subscriptions_at_once() const override { return 1; }

  /// It looks rows up by their keys.
  std::string_view plan_for_many_rows() const override { return {}; }

  void end_read(soci::statement& statement) const override;
};

}  // namespace talaria::persistence::sqlite
