#pragma once

#include "domain/error.hpp"
#include "domain/id.hpp"

#include <string>
#include <string_view>

namespace talaria::http {

/// Makes and reads the cursors of lists: the id of a page's last row, signed, so that what comes
/// back is what was given out, and for the same list.
class cursor_codec {
public:
  /// @param key The same on every node of an installation.
  explicit cursor_codec(std::string key) : key_(std::move(key)) {}

  std::string encode(std::string_view list, const domain::uuid& last) const;

  /// @returns `ec::invalid_cursor`
  domain::result<domain::uuid> decode(std::string_view list, std::string_view text) const;

private:
  std::string signature(std::string_view list, std::string_view id) const;

  std::string key_;
};

}  // namespace talaria::http
