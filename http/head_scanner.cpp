#include "http/head_scanner.hpp"

namespace talaria::http {

bool head_scanner::scan(std::string_view input, const transport_limits& limits) {
  while (position_ < input.size() && fault_ == head_fault::none) {
    const char next = input[position_];
    ++position_;
    if (take(next, limits)) {
      return true;
    }
  }
  return false;
}

bool head_scanner::take(char next, const transport_limits& limits) {
  if (next == '\n') {
    if (!after_carriage_return_) {
      fault_ = head_fault::bare_line_feed;
      return false;
    }
    after_carriage_return_ = false;
    return end_line(limits);
  }
  if (after_carriage_return_) {
    fault_ = head_fault::bare_line_feed;
    return false;
  }
  const auto byte = static_cast<unsigned char>(next);
  if (next == '\r') {
    after_carriage_return_ = true;
  } else if ((byte < 0x20 && next != '\t') || byte == 0x7f) {
    fault_ = head_fault::control_character;
  } else if (headers_begin_ == 0) {
    if (position_ > limits.request_line_bytes_max) {
      fault_ = head_fault::request_line_too_long;
    }
  } else if (position_ - headers_begin_ > limits.header_bytes_max) {
    fault_ = head_fault::headers_too_large;
  } else if (position_ - 1 == line_begin_ && (next == ' ' || next == '\t')) {
    fault_ = head_fault::folded_header;
  }
  return false;
}

bool head_scanner::end_line(const transport_limits& limits) {
  const std::size_t line_bytes = position_ - line_begin_ - 2;
  line_begin_ = position_;
  if (headers_begin_ == 0) {
    headers_begin_ = position_;
    return false;
  }
  if (line_bytes == 0) {
    return true;
  }
  ++headers_;
  if (headers_ > limits.headers_max || position_ - headers_begin_ > limits.header_bytes_max) {
    fault_ = head_fault::headers_too_large;
  }
  return false;
}

}  // namespace talaria::http
