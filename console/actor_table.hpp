#pragma once

#include "console/actor.hpp"
#include "console/actor_rates.hpp"
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::console {

/// Actors as lines of a table, each as wide as its heading.
///
/// Columns that do not fit are left out, the least telling first; what is left is the path's.
class actor_table {
public:
  enum class looks {
    one,      ///< counters are shown as they are
    repeated  ///< and as rates
  };

  actor_table(std::size_t width, looks taken);

  std::string heading() const;
  /// @param rate Of repeated looks.
  std::string line(const actor& shown, const std::optional<actor_rate>& rate = {}) const;

  /// What each path and every column need.
  static std::size_t full_width(const std::vector<actor>& actors, looks taken);

private:
  struct column {
    std::string_view heading;
    std::size_t width;
    bool to_the_left;
    /// The columns of the highest go first if there is no room.
    int expendable;
    std::string (*text)(const actor&, const std::optional<actor_rate>&);
  };

  static std::vector<column> all_columns(looks taken);
  std::size_t columns_width() const;

  std::vector<column> columns_;
  std::size_t path_width_;
};

/// All there is to say of one actor, a line each.
std::vector<std::string> describe(const actor& shown, const std::optional<actor_rate>& rate = {});

}  // namespace talaria::console
