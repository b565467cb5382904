#pragma once

#include <cstddef>
#include <string_view>

namespace talaria::http {

/// What stands before a chunk's data: its size line. Before no data, also the trailer and the empty
/// line, with which the body ends.
struct chunk_head {
  enum class kind { more, malformed, chunk, last };

  kind found = kind::more;
  /// Once complete: its length, the end of line of the chunk before included.
  std::size_t bytes = 0;
};

/// Looks at a chunk's head before the parser proper does, as `head_scanner` looks at a request's:
/// that one takes folded trailers, and lines of any length that come at once. So what is refused
/// does not depend on how the bytes were split over reads.
///
/// @param input From the end of the data of the chunk before on, or from the body's first byte.
/// @param first There is no chunk before.
chunk_head scan_chunk_head(std::string_view input, bool first);

/// Extensions mean nothing here. With its end of line.
inline constexpr std::size_t chunk_line_bytes_max = 1024;
/// Trailers are ignored. With its ends of lines and the empty line.
inline constexpr std::size_t trailer_bytes_max = 4096;

}  // namespace talaria::http
