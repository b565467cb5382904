#include "bench/receiver/request_reader.hpp"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace talaria::bench {

namespace {

constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::string_view line_end = "\r\n";
constexpr std::string_view length_name = "content-length:";

struct head {
  std::string_view target;
  std::size_t body_bytes = 0;
};

std::optional<head> read_head(std::string_view text) {
  const auto target_at = text.find(' ') + 1;
  const auto target_end = text.find(' ', target_at);
  if (target_at == 0 || target_end == std::string_view::npos)
    return std::nullopt;
  head read{.target = text.substr(target_at, target_end - target_at), .body_bytes = 0};
  for (auto line = text.find(line_end); line != std::string_view::npos;
       line = text.find(line_end, line + 1)) {
    auto field = text.substr(line + line_end.size());
    if (field.size() < length_name.size() ||
        ::strncasecmp(field.data(), length_name.data(), length_name.size()) != 0)
      continue;
    field.remove_prefix(std::min(field.find_first_not_of(' ', length_name.size()), field.size()));
    const auto [stop, error] =
        std::from_chars(field.data(), field.data() + field.size(), read.body_bytes);
    if (error != std::errc{})
      return std::nullopt;
  }
  return read;
}

}  // namespace

bool request_reader::feed(std::string_view bytes,
                          const std::function<void(const received_request&)>& show) {
  if (begun_.empty()) {
    if (!take_complete(bytes, show))
      return false;
    begun_.assign(bytes);
    return true;
  }
  begun_.append(bytes);
  if (begun_.size() < begun_needs_)
    return true;
  std::string_view left = begun_;
  if (!take_complete(left, show))
    return false;
  begun_.erase(0, begun_.size() - left.size());
  return true;
}

bool request_reader::take_complete(std::string_view& bytes,
                                   const std::function<void(const received_request&)>& show) {
  begun_needs_ = 0;
  while (true) {
    const auto stop = bytes.find(head_end);
    if (stop == std::string_view::npos)
      return true;
    const auto head = read_head(bytes.substr(0, stop));
    if (!head)
      return false;
    const auto body_at = stop + head_end.size();
    if (bytes.size() < body_at + head->body_bytes) {
      begun_needs_ = body_at + head->body_bytes;
      return true;
    }
    show({head->target, bytes.substr(body_at, head->body_bytes)});
    bytes.remove_prefix(body_at + head->body_bytes);
  }
}

}  // namespace talaria::bench
