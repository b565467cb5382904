#pragma once

#include "persistence/sql/dialect.hpp"

namespace talaria::persistence::postgres {

/// Ids are of type uuid, lists of numbers arrays.
class dialect : public sql::dialect {
public:
  std::string adapt(std::string sql) const override;

  std::string to_stored(const domain::uuid& id) const override { return domain::to_string(id); }
  domain::uuid read_id(const std::string& stored) const override;
  /// As `bytea` is written in hexadecimal digits.
  std::string read_payload(std::string stored) const override;

  std::string to_stored(std::span<const subscription_number> numbers) const override;
  std::vector<subscription_number> read_numbers(std::string_view stored) const override;

  std::string_view label_condition() const override;
  std::string to_label_filter(const domain::labels& wanted) const override;
  bool filters_all_labels() const override { return true; }

  std::string newest_of_each(std::string_view columns, std::string_view table,
                             std::string_view condition) const override;
  std::size_t subscriptions_at_once() const override { return 256; }

  /// The queue is taken for one row, whatever comes, when it was empty at the last vacuum.
  std::string_view plan_for_many_rows() const override { return "set local enable_nestloop = off"; }

  /// libpq has fetched all rows.
  void end_read(soci::statement& /*statement*/) const override {}
};

}  // namespace talaria::persistence::postgres
