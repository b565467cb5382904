#include "http/chunk_scanner.hpp"

#include <algorithm>

namespace talaria::http {
namespace {

using kind = chunk_head::kind;

constexpr std::string_view line_end = "\r\n";

bool is_control(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return (byte < 0x20 && letter != '\t') || byte == 0x7f;
}

/// A line of the input, or what is there of it.
struct line {
  kind found = kind::more;
  std::string_view text;
};

line first_line(std::string_view input, std::size_t bytes_max) {
  const std::size_t line_feed = input.find('\n');
  const bool whole = line_feed != std::string_view::npos;
  const std::size_t bytes = whole ? line_feed + 1 : input.size();
  if (bytes > bytes_max) {
    return {kind::malformed, {}};
  }
  std::string_view text = input.substr(0, bytes);
  if (whole) {
    if (!text.ends_with(line_end)) {
      return {kind::malformed, {}};
    }
    text.remove_suffix(line_end.size());
  } else if (text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return {kind::malformed, {}};
  }
  return {whole ? kind::chunk : kind::more, text};
}

constexpr std::string_view hex_digits = "0123456789abcdefABCDEF";

bool is_zero(std::string_view size_line) {
  const std::string_view digits = size_line.substr(0, size_line.find_first_not_of(hex_digits));
  return digits.find_first_not_of('0') == std::string_view::npos;
}

/// @param begin Where the trailer begins in `input`.
chunk_head scan_trailer(std::string_view input, std::size_t begin) {
  std::size_t at = begin;
  while (true) {
    const line next = first_line(input.substr(at), trailer_bytes_max - (at - begin));
    if (next.text.starts_with(' ') || next.text.starts_with('\t')) {
      return {kind::malformed, 0};
    }
    if (next.found != kind::chunk) {
      return {next.found, 0};
    }
    at += next.text.size() + line_end.size();
    if (next.text.empty()) {
      return {kind::last, at};
    }
  }
}

}  // namespace

chunk_head scan_chunk_head(std::string_view input, bool first) {
  std::size_t begin = 0;
  if (!first) {
    if (!input.starts_with(line_end.substr(0, input.size()))) {
      return {kind::malformed, 0};
    }
    begin = std::min(line_end.size(), input.size());
  }
  const line size_line = first_line(input.substr(begin), chunk_line_bytes_max);
  if (size_line.found != kind::chunk) {
    return {size_line.found, 0};
  }
  if (size_line.text.find_first_of(hex_digits) != 0) {
    return {kind::malformed, 0};
  }
  const std::size_t end = begin + size_line.text.size() + line_end.size();
  return is_zero(size_line.text) ? scan_trailer(input, end) : chunk_head{kind::chunk, end};
}

}  // namespace talaria::http
