#include "persistence/sql/statement.hpp"

#include <algorithm>

namespace talaria::persistence::sql {

namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}

}  // namespace

std::vector<std::string> parameter_names(std::string_view sql) {
  std::vector<std::string> names;
  for (auto at = sql.find(':'); at != std::string_view::npos; at = sql.find(':', at)) {
    const auto colons = sql.find_first_not_of(':', at);
    const auto* const begin = sql.begin() + std::min(colons, sql.size());
    const auto* const end = std::find_if_not(begin, sql.end(), is_name_character);
    // Two colons are a cast.
    const bool is_parameter = colons == at + 1 && begin != end;
    std::string name{begin, end};
    if (is_parameter && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
    at = static_cast<std::size_t>(end - sql.begin());
  }
  return names;
}

}  // namespace talaria::persistence::sql
