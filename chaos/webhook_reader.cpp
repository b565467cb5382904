#include "chaos/webhook_reader.hpp"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace talaria::chaos {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";

/// Empty if there is none.
std::string_view header(std::string_view head, std::string_view name) {
  for (auto line = head.find(line_end); line != std::string_view::npos;
       line = head.find(line_end, line + 1)) {
    auto field = head.substr(line + line_end.size());
    field = field.substr(0, field.find(line_end));
    const auto colon = field.find(':');
    if (colon != name.size() || ::strncasecmp(field.data(), name.data(), name.size()) != 0)
      continue;
    field.remove_prefix(std::min(field.find_first_not_of(' ', colon + 1), field.size()));
    return field;
  }
  return {};
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

}  // namespace

bool webhook_reader::feed(std::string_view bytes, std::vector<webhook>& into) {
  begun_.append(bytes);
  while (true) {
    const auto stop = begun_.find(head_end);
    if (stop == std::string::npos)
      return true;
    const auto head = std::string_view{begun_}.substr(0, stop);
    const auto length = number<std::size_t>(header(head, "content-length"));
    if (!length)
      return false;
    const auto body_at = stop + head_end.size();
    if (begun_.size() < body_at + *length)
      return true;
    into.push_back({.event_id = std::string{header(head, "webhook-id")},
                    .attempt = number<std::uint32_t>(header(head, "webhook-attempt")).value_or(0),
                    .sequence = number<std::uint64_t>(header(head, "webhook-sequence")),
                    .body = begun_.substr(body_at, *length)});
    begun_.erase(0, body_at + *length);
  }
}

}  // namespace talaria::chaos
