#pragma once

#include "http/transport_limits.hpp"

#include <cstddef>
#include <string_view>

namespace talaria::http {

enum class head_fault {
  none,
  bare_line_feed,  ///< a line ends without a carriage return, or one stands alone
  folded_header,   ///< a header goes on in the next line
  control_character,
  request_line_too_long,
  headers_too_large,  ///< in bytes or in number
};

/// Finds the end of a request's head while it arrives, and stops at the first byte that no strict
/// reader would take: the parser proper sees a head only when it is whole, which a head that ends
/// its lines by bare line feeds never would be.
///
/// Each byte is looked at once, however it is split over reads.
class head_scanner {
public:
  /// @param input The request from its first byte on; what was passed before, and more.
  /// @returns whether the head is complete. If not, see `fault`.
  bool scan(std::string_view input, const transport_limits& limits);

  head_fault fault() const { return fault_; }
  /// Once complete: its length with the empty line.
  std::size_t head_bytes() const { return position_; }

  void reset() { *this = head_scanner{}; }

private:
  void look_at(std::string_view text, const transport_limits& limits);
  bool end_line(const transport_limits& limits);

  std::size_t position_ = 0;
  std::size_t line_begin_ = 0;
  /// 0 while in the request line.
  std::size_t headers_begin_ = 0;
  std::size_t headers_ = 0;
  bool after_carriage_return_ = false;
  head_fault fault_ = head_fault::none;
};

}  // namespace talaria::http
