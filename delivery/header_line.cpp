#include "delivery/header_line.hpp"

#include <algorithm>
#include <array>

namespace talaria::delivery {

namespace {

/// libcurl sends these in place of its own, so one of them could break the framing or the routing
/// of the request.
constexpr std::array<std::string_view, 7> framing_names = {
    "host", "content-length", "transfer-encoding", "connection", "expect", "te", "upgrade"};

constexpr char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_token_character(char character) {
  const char letter = lower(character);
  return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(letter) != std::string_view::npos;
}

bool is_control_character(char character) {
  return static_cast<unsigned char>(character) < 0x20 || character == 0x7f;
}

}  // namespace

std::string_view header_name(std::string_view line) {
  const auto colon = line.find(':');
  return colon == std::string_view::npos ? std::string_view() : line.substr(0, colon);
}

std::string_view header_value(std::string_view line) {
  constexpr std::string_view space = " \t\r\n";
  line.remove_prefix(std::min(line.size(), line.find(':') + 1));
  const auto first = line.find_first_not_of(space);
  if (first == std::string_view::npos)
    return {};
  return line.substr(first, line.find_last_not_of(space) - first + 1);
}

bool is_same_header_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char one, char other) { return lower(one) == lower(other); });
}

bool is_safe_header_line(std::string_view line) {
  const std::string_view name = header_name(line);
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token_character) &&
         std::none_of(line.begin(), line.end(), is_control_character) &&
         std::none_of(framing_names.begin(), framing_names.end(),
                      [&](std::string_view framing) { return is_same_header_name(name, framing); });
}

}  // namespace talaria::delivery
