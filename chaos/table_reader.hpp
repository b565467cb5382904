#pragma once

#include "domain/error.hpp"

#include <toml++/toml.h>

#include "chaos/scenario.hpp"
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::chaos {

/// Reads one table of a scenario's file; the first fault found is kept, and every later read does
/// nothing. What is not there leaves its place as it is.
///
/// The table, and the keys that are asked for, must outlive it.
class table_reader {
public:
  /// Beyond it a run is a mistake.
  static constexpr std::int64_t duration_ms_max = 24 * 3600 * 1000;
  static constexpr std::int64_t count_max = 1'000'000;

  /// @param where Goes before the keys in the faults.
  table_reader(const toml::table& table, std::string where)
      : table_{table}, where_{std::move(where)} {}

  void text(std::string_view key, std::string& into);
  void flag(std::string_view key, bool& into);

  /// Both bounds are allowed.
  template <class T>
  void count(std::string_view key, T& into, std::int64_t min, std::int64_t max = count_max) {
    auto value = static_cast<std::int64_t>(into);
    whole_number(key, value, min, max);
    into = static_cast<T>(value);
  }

  void duration(std::string_view key, milliseconds& into, std::int64_t min_ms);
  /// A number, or a list of the least and the most.
  void range(std::string_view key, duration_range& into);
  /// Whole numbers are fractions too.
  void fraction(std::string_view key, double& into, double max);
  void durations(std::string_view key, std::vector<milliseconds>& into);
  void choice(std::string_view key, std::string& into, std::span<const std::string_view> of);

  bool has(std::string_view key) const { return table_.contains(key); }
  /// Null if it is not there, or something else.
  const toml::table* table(std::string_view key);
  const toml::array* list(std::string_view key);

  void fail(domain::ec code, std::string_view key, std::string_view what);

  /// What is there and was not read is not known.
  domain::result<void> finish();

private:
  template <class T, class Take>
  void read(std::string_view key, std::string_view type, const Take& take);
  void whole_number(std::string_view key, std::int64_t& into, std::int64_t min, std::int64_t max);

  const toml::table& table_;
  std::string where_;
  std::set<std::string_view> seen_;
  std::optional<domain::error> error_;
};

}  // namespace talaria::chaos
