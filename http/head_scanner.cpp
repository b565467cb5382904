#include "http/head_scanner.hpp"

#include <algorithm>

namespace talaria::http {
namespace {

bool is_control(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return (byte < 0x20 && letter != '\t') || byte == 0x7f;
}

}  // namespace

bool head_scanner::scan(std::string_view input, const transport_limits& limits) {
  while (position_ < input.size() && fault_ == head_fault::none) {
    const std::size_t line_feed = input.find('\n', position_);
    const std::string_view text = input.substr(position_, line_feed - position_);
    if (!text.empty()) {
      look_at(text, limits);
    }
    if (line_feed == std::string_view::npos || fault_ != head_fault::none) {
      return false;
    }
    ++position_;
    if (end_line(limits)) {
      return true;
    }
  }
  return false;
}

/// Takes more of a line, without its line feed. Of several faults the first byte's counts: which
/// one is reported must not depend on how the bytes were split.
void head_scanner::look_at(std::string_view text, const transport_limits& limits) {
  const std::size_t begin = position_;
  position_ += text.size();
  if (after_carriage_return_) {
    fault_ = head_fault::bare_line_feed;
    return;
  }
  if (text.back() == '\r') {
    after_carriage_return_ = true;
    text.remove_suffix(1);
  }
  const bool in_headers = headers_begin_ != 0;
  const std::size_t end_max =
      headers_begin_ + (in_headers ? limits.header_bytes_max : limits.request_line_bytes_max);
  const bool is_folded = in_headers && begin == line_begin_ && begin < end_max &&
                         (text.starts_with(' ') || text.starts_with('\t'));
  const auto control = std::find_if(text.begin(), text.end(), is_control);
  if (is_folded) {
    fault_ = head_fault::folded_header;
  } else if (control != text.end() &&
             begin + static_cast<std::size_t>(control - text.begin()) <= end_max) {
    fault_ = *control == '\r' ? head_fault::bare_line_feed : head_fault::control_character;
  } else if (begin + text.size() > end_max) {
    fault_ = in_headers ? head_fault::headers_too_large : head_fault::request_line_too_long;
  }
}

bool head_scanner::end_line(const transport_limits& limits) {
  if (!after_carriage_return_) {
    fault_ = head_fault::bare_line_feed;
    return false;
  }
  after_carriage_return_ = false;
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
