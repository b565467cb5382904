#pragma once

#include "domain/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::http {

/// The parameters of a target's query, decoded. Those that no one asked for are an error, since a
/// misspelt filter that is ignored gives everything.
class query_parameters {
public:
  /// @returns `ec::invalid_value` for bad percent-encoding, a NUL, bad UTF-8 or a name given twice.
  static domain::result<query_parameters> parse(std::string_view query);

  std::optional<std::string> take(std::string_view name);

  /// Takes every parameter whose name begins so; without the beginning.
  std::vector<std::pair<std::string, std::string>> take_all(std::string_view prefix);

  /// @returns `ec::unknown_field` for one that was not taken.
  domain::result<void> check_all_taken() const;

private:
  struct parameter {
    std::string name;
    std::string value;
    bool taken = false;
  };
  std::vector<parameter> parameters_;
};

/// @returns `ec::invalid_value` unless it is an integer from 1 to `max`; `otherwise` if there is
/// none.
domain::result<std::size_t> take_limit(query_parameters& query, std::size_t otherwise,
                                       std::size_t max);

}  // namespace talaria::http
