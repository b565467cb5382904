#include "bench/load/response_reader.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace talaria::load {

namespace {

constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::string_view line_end = "\r\n";

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  });
}

template <class Number>
std::optional<Number> to_number(std::string_view text) {
  Number number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size())
    return std::nullopt;
  return number;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Cuts the first line off.
std::string_view take_line(std::string_view& text) {
  const auto stop = std::min(text.find(line_end), text.size());
  const auto line = text.substr(0, stop);
  text.remove_prefix(std::min(text.size(), stop + line_end.size()));
  return line;
}

}  // namespace

bool response_reader::read_head(std::string_view head) {
  constexpr std::string_view protocol = "HTTP/1.1 ";
  constexpr std::size_t status_digits = 3;
  const auto status_line = take_line(head);
  if (!status_line.starts_with(protocol))
    return false;
  const auto status = to_number<unsigned>(status_line.substr(protocol.size(), status_digits));
  if (!status)
    return false;
  status_ = *status;
  closes_ = false;
  body_left_ = 0;
  while (!head.empty()) {
    const auto line = take_line(head);
    const auto colon = std::min(line.find(':'), line.size());
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(std::min(line.size(), colon + 1)));
    if (equals_ignoring_case(name, "content-length")) {
      const auto length = to_number<std::size_t>(value);
      if (!length)
        return false;
      body_left_ = *length;
    } else if (equals_ignoring_case(name, "transfer-encoding")) {
      return false;
    } else if (equals_ignoring_case(name, "connection")) {
      closes_ = equals_ignoring_case(value, "close");
    }
  }
  return true;
}

response_reader::state response_reader::feed(std::string_view bytes) {
  if (!in_body_) {
    if (!head_.empty()) {
      head_.append(bytes);
      bytes = head_;
    }
    const auto stop = bytes.find(head_end);
    if (stop == std::string_view::npos) {
      if (head_.empty())
        head_.assign(bytes);
      return head_.size() > head_bytes_max ? state::malformed : state::incomplete;
    }
    if (!read_head(bytes.substr(0, stop)))
      return state::malformed;
    bytes.remove_prefix(stop + head_end.size());
    in_body_ = true;
  }
  if (bytes.size() > body_left_)
    return state::malformed;
  body_left_ -= bytes.size();
  head_.clear();
  if (body_left_ > 0)
    return state::incomplete;
  in_body_ = false;
  return state::complete;
}

void response_reader::reset() {
  head_.clear();
  in_body_ = false;
  body_left_ = 0;
}

}  // namespace talaria::load
