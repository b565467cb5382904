#include "console/actor_query.hpp"

#include <fmt/format.h>

namespace talaria::console {

namespace {

constexpr std::string_view list_path = "/api/v1/actors";

bool is_unreserved(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || std::string_view{"-._~"}.find(byte) != std::string::npos;
}

std::string escaped(std::string_view text, std::string_view kept = {}) {
  std::string shown;
  for (const char byte : text) {
    if (is_unreserved(byte) || kept.find(byte) != std::string_view::npos)
      shown += byte;
    else
      shown += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  }
  return shown;
}

void add(std::string& target, std::string_view name, std::string_view value) {
  if (value.empty())
    return;
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += fmt::format("{}={}", name, escaped(value));
}

}  // namespace

std::string list_target(const actor_query& query) {
  std::string target{list_path};
  add(target, "kind", query.kind);
  add(target, "state", query.state);
  add(target, "breaker", query.breaker);
  add(target, "application_id", query.application);
  add(target, "path", query.path);
  add(target, "sort", query.sort);
  add(target, "limit", query.limit == 0 ? "" : fmt::format("{}", query.limit));
  add(target, "cursor", query.cursor);
  return target;
}

std::string actor_target(std::string_view path, std::string_view action) {
  const auto from_root = path.starts_with('/') ? path.substr(1) : path;
  std::string target = fmt::format("{}/{}", list_path, escaped(from_root, "/"));
  if (!action.empty())
    target += fmt::format("/{}", action);
  return target;
}

}  // namespace talaria::console
