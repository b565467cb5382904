#include "domain/trace_context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <span>
#include <vector>

namespace talaria::domain {

namespace {

/// `vv-<32 digits>-<16 digits>-ff`
constexpr std::size_t traceparent_bytes = 55;
constexpr std::size_t trace_at = 3;
constexpr std::size_t parent_at = 36;
constexpr std::size_t flags_at = 53;
constexpr std::uint8_t known_flags = 0x03;
constexpr std::uint8_t forbidden_version = 0xff;

constexpr std::size_t key_bytes_max = 256;
constexpr std::size_t value_bytes_max = 256;
/// Members that are longer go first where some have to.
constexpr std::size_t large_member_bytes_min = 129;

std::optional<std::uint8_t> read_digit(char digit) {
  if (digit >= '0' && digit <= '9')
    return static_cast<std::uint8_t>(digit - '0');
  if (digit >= 'a' && digit <= 'f')
    return static_cast<std::uint8_t>(digit - 'a' + 10);
  return std::nullopt;
}

/// @pre `text` has two digits for each byte.
bool read_bytes(std::string_view text, std::span<std::uint8_t> into) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    const auto high = read_digit(text[2 * i]);
    const auto low = read_digit(text[2 * i + 1]);
    if (!high || !low)
      return false;
    into[i] = static_cast<std::uint8_t>(*high << 4U | *low);
  }
  return true;
}

bool is_all_zeros(std::span<const std::uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

/// A later version may go on after a hyphen; ours may not.
bool has_known_shape(std::string_view text, std::uint8_t version) {
  const bool ends = text.size() == traceparent_bytes;
  return text[trace_at - 1] == '-' && text[parent_at - 1] == '-' && text[flags_at - 1] == '-' &&
         version != forbidden_version && (ends || (version > 0 && text[traceparent_bytes] == '-'));
}

std::string_view without_spaces(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_key(std::string_view key) {
  const auto is_letter_or_digit = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
  };
  return !key.empty() && key.size() <= key_bytes_max && is_letter_or_digit(key.front()) &&
         std::ranges::count(key, '@') <= 1 && std::ranges::all_of(key, [&](char byte) {
           return is_letter_or_digit(byte) ||
                  std::string_view{"_-*/@"}.find(byte) != std::string_view::npos;
         });
}

/// Printable, which also keeps anything out that could end a header line.
bool is_value(std::string_view value) {
  return !value.empty() && value.size() <= value_bytes_max && value.back() != ' ' &&
         std::ranges::all_of(value, [](char byte) {
           return byte >= ' ' && byte <= '~' && byte != ',' && byte != '=';
         });
}

using members = std::vector<std::string_view>;

std::optional<members> read_members(std::string_view text) {
  members found;
  std::set<std::string_view> keys;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto member = without_spaces(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (member.empty())
      continue;
    const auto equals = member.find('=');
    if (equals == std::string_view::npos || !is_key(member.substr(0, equals)) ||
        !is_value(member.substr(equals + 1)) || !keys.insert(member.substr(0, equals)).second)
      return std::nullopt;
    found.push_back(member);
    if (found.size() > limits::tracestate_members_max)
      return std::nullopt;
  }
  return found;
}

std::size_t joined_bytes(const members& all) {
  return std::accumulate(all.begin(), all.end(), all.empty() ? std::size_t{0} : all.size() - 1,
                         [](std::size_t sum, std::string_view one) { return sum + one.size(); });
}

/// The large ones from the last to the first, then whatever is last.
void cut(members& all) {
  while (joined_bytes(all) > limits::tracestate_bytes_max) {
    const auto large = std::find_if(all.rbegin(), all.rend(), [](std::string_view member) {
      return member.size() >= large_member_bytes_min;
    });
    if (large == all.rend())
      all.pop_back();
    else
      all.erase(std::next(large).base());
  }
}

}  // namespace

std::optional<trace_context> parse_traceparent(std::string_view text) {
  std::array<std::uint8_t, 1> version{};
  if (text.size() < traceparent_bytes || !read_bytes(text, version) ||
      !has_known_shape(text, version[0]))
    return std::nullopt;
  trace_context read;
  std::array<std::uint8_t, 1> flags{};
  if (!read_bytes(text.substr(trace_at), read.trace) ||
      !read_bytes(text.substr(parent_at), read.parent) ||
      !read_bytes(text.substr(flags_at), flags) || is_all_zeros(read.trace) ||
      is_all_zeros(read.parent))
    return std::nullopt;
  read.flags = flags[0] & known_flags;
  return read;
}

std::string to_traceparent(const trace_id& trace, const span_id& parent, std::uint8_t flags) {
  return fmt::format("00-{}-{:02x}-{:02x}", to_string(trace), fmt::join(parent, ""), flags);
}

std::string accept_tracestate(std::string_view text) {
  auto all = read_members(text);
  if (!all)
    return {};
  if (text.size() <= limits::tracestate_bytes_max)
    return all->empty() ? std::string{} : std::string{without_spaces(text)};
  cut(*all);
  return fmt::format("{}", fmt::join(*all, ","));
}

std::string to_string(const trace_id& trace) {
  return fmt::format("{:02x}", fmt::join(trace, ""));
}

}  // namespace talaria::domain
