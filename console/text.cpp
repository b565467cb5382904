#include "console/text.hpp"

#include <fmt/format.h>

#include <array>

namespace talaria::console {

namespace {

bool is_unreserved(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || std::string_view{"-._~"}.find(byte) != std::string::npos;
}

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// From 100,000 on.
std::string scaled(double number) {
  constexpr std::array units{'K', 'M', 'G', 'T', 'P', 'E'};
  std::size_t unit = 0;
  number /= 1000;
  // What rounds to 1000 is shown in the next unit.
  while (number >= 999.5 && unit + 1 < units.size()) {
    number /= 1000;
    ++unit;
  }
  return number < 9.95 ? fmt::format("{:.1f}{}", number, units[unit])
                       : fmt::format("{:.0f}{}", number, units[unit]);
}

}  // namespace

std::string printable(std::string_view utf8) {
  std::string shown;
  shown.reserve(utf8.size());
  for (const char byte : utf8) {
    if (byte >= ' ' && byte <= '~')
      shown += byte;
    else if (!continues_character(byte))
      shown += '?';
  }
  return shown;
}

std::string cut_end(std::string text, std::size_t width) {
  if (text.size() <= width)
    return text;
  text.resize(width);
  if (width > 0)
    text.back() = '~';
  return text;
}

std::string cut_start(std::string text, std::size_t width) {
  if (text.size() <= width)
    return text;
  text.erase(0, text.size() - width);
  if (width > 0)
    text.front() = '~';
  return text;
}

std::string compact(std::uint64_t number) {
  return number < 100'000 ? fmt::format("{}", number) : scaled(static_cast<double>(number));
}

std::string compact(double number) {
  if (number < 0.05)
    return "0";
  if (number < 99.95)
    return fmt::format("{:.1f}", number);
  return number < 99'999.5 ? fmt::format("{:.0f}", number) : scaled(number);
}

std::string compact(std::chrono::milliseconds duration) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration).count();
  const auto minutes = seconds / 60;
  const auto hours = minutes / 60;
  const auto days = hours / 24;
  if (seconds < 60)
    return fmt::format("{}s", seconds);
  if (minutes < 60)
    return fmt::format("{}m{:02}s", minutes, seconds % 60);
  if (hours < 24)
    return fmt::format("{}h{:02}m", hours, minutes % 60);
  return days < 100 ? fmt::format("{}d{:02}h", days, hours % 24) : fmt::format("{}d", days);
}

std::string percent_escaped(std::string_view text, std::string_view kept) {
  std::string shown;
  for (const char byte : text) {
    if (is_unreserved(byte) || kept.find(byte) != std::string_view::npos)
      shown += byte;
    else
      shown += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  }
  return shown;
}

}  // namespace talaria::console
