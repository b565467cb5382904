#pragma once

#include "domain/time.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::delivery {

/// The first `domain::limits::response_body_characters_kept` characters of a text that may be
/// anything: NULs and bytes that are not UTF-8 become U+FFFD, one for each.
std::string response_excerpt(std::string_view bytes);

/// Reads the value of a `Retry-After` header: seconds, or a date of which `now` is taken off.
///
/// @returns a wait from zero to `domain::limits::retry_delay_max`, however far the header goes;
/// nothing if it is neither number nor date.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      domain::timestamp now);

/// Takes in an answer as it arrives and keeps the little that is wanted of it, in bounded memory.
class response_reader {
public:
  response_reader(std::size_t header_bytes_max, std::size_t body_bytes_max)
      : header_bytes_max_(header_bytes_max), body_bytes_max_(body_bytes_max) {}

  /// Forgets the answer before.
  void clear();

  /// Takes a header line, a status line (also of a 1xx answer) or a trailer.
  /// @returns false when they exceed their limit together.
  bool take_header_line(std::string_view line);

  /// @returns false when the body is over its limit: what follows is of no interest.
  bool take_body(std::string_view bytes);

  /// Whether the empty line came that ends the headers of the last status line.
  bool headers_complete() const { return headers_complete_; }
  bool headers_too_large() const { return header_bytes_ > header_bytes_max_; }
  bool body_cut() const { return body_bytes_ > body_bytes_max_; }

  std::string excerpt() const { return response_excerpt(body_start_); }
  std::optional<std::chrono::seconds> retry_after(domain::timestamp now) const;

private:
  std::size_t header_bytes_max_;
  std::size_t body_bytes_max_;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  bool headers_complete_ = false;
  std::string body_start_;
  std::string retry_after_;
};

}  // namespace talaria::delivery
