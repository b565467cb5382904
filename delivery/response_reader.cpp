#include "delivery/response_reader.hpp"

#include "delivery/header_line.hpp"
#include "domain/limits.hpp"

#include <algorithm>
#include <cstdint>

namespace talaria::delivery {

namespace {

constexpr std::size_t utf8_bytes_max = 4;
/// Enough for the excerpt whatever the bytes are: none of its characters takes more.
constexpr std::size_t body_start_bytes_max =
    domain::limits::response_body_characters_kept * utf8_bytes_max;
/// A date has 29; longer values are neither date nor sane number.
constexpr std::size_t retry_after_bytes_max = 64;
constexpr auto retry_after_max =
    std::chrono::floor<std::chrono::seconds>(domain::limits::retry_delay_max);
constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct utf8_lead {
  std::size_t length = 0;
  /// What the second byte may be: narrower than 80..BF where that would admit an overlong form, a
  /// surrogate, or a number past U+10FFFF.
  std::uint8_t second_min = 0x80;
  std::uint8_t second_max = 0xBF;
};

utf8_lead read_lead(std::uint8_t first) {
  if (first < 0x80)
    return {.length = 1};
  if (first >= 0xC2 && first <= 0xDF)
    return {.length = 2};
  if (first >= 0xE0 && first <= 0xEF) {
    return {.length = 3,
            .second_min = static_cast<std::uint8_t>(first == 0xE0 ? 0xA0 : 0x80),
            .second_max = static_cast<std::uint8_t>(first == 0xED ? 0x9F : 0xBF)};
  }
  if (first >= 0xF0 && first <= 0xF4) {
    return {.length = 4,
            .second_min = static_cast<std::uint8_t>(first == 0xF0 ? 0x90 : 0x80),
            .second_max = static_cast<std::uint8_t>(first == 0xF4 ? 0x8F : 0xBF)};
  }
  return {};
}

/// The length of the character that the bytes begin with; 0 if they begin with none.
std::size_t character_length(std::string_view bytes) {
  const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(bytes[index]); };
  const utf8_lead lead = read_lead(byte(0));
  if (lead.length > bytes.size())
    return 0;
  for (std::size_t index = 1; index < lead.length; ++index) {
    const std::uint8_t least = index == 1 ? lead.second_min : 0x80;
    const std::uint8_t most = index == 1 ? lead.second_max : 0xBF;
    if (byte(index) < least || byte(index) > most)
      return 0;
  }
  return lead.length;
}

/// Digits of any number.
std::chrono::seconds parse_seconds(std::string_view digits) {
  std::chrono::seconds sum{0};
  for (char digit : digits)
    sum = std::min(sum * 10 + std::chrono::seconds(digit - '0'), retry_after_max);
  return sum;
}

}  // namespace

std::string response_excerpt(std::string_view bytes) {
  std::string text;
  for (std::size_t kept = 0; kept < domain::limits::response_body_characters_kept && !bytes.empty();
       ++kept) {
    const std::size_t length = bytes.front() == '\0' ? 0 : character_length(bytes);
    text += length == 0 ? replacement : bytes.substr(0, length);
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      domain::timestamp now) {
  if (value.empty())
    return std::nullopt;
  if (value.find_first_not_of("0123456789") == std::string_view::npos)
    return parse_seconds(value);
  const auto date = domain::parse_http_date(value);
  if (!date)
    return std::nullopt;
  return std::clamp(std::chrono::ceil<std::chrono::seconds>(*date - now), std::chrono::seconds(0),
                    retry_after_max);
}

void response_reader::clear() {
  header_bytes_ = 0;
  body_bytes_ = 0;
  headers_complete_ = false;
  body_start_.clear();
  retry_after_.clear();
}

bool response_reader::take_header_line(std::string_view line) {
  header_bytes_ += line.size();
  // A new status line: the header lines before it were those of a 1xx answer.
  if (line.starts_with("HTTP/")) {
    retry_after_.clear();
    headers_complete_ = false;
  }
  if (line == "\r\n" || line == "\n")
    headers_complete_ = true;
  if (is_same_header_name(header_name(line), "retry-after"))
    retry_after_ = header_value(line).substr(0, retry_after_bytes_max);
  return !headers_too_large();
}

bool response_reader::take_body(std::string_view bytes) {
  body_bytes_ += bytes.size();
  body_start_ += bytes.substr(0, body_start_bytes_max - body_start_.size());
  return !body_cut();
}

std::optional<std::chrono::seconds> response_reader::retry_after(domain::timestamp now) const {
  return parse_retry_after(retry_after_, now);
}

}  // namespace talaria::delivery
