#include "console/actor_query.hpp"

#include <fmt/format.h>

#include "console/text.hpp"

namespace talaria::console {

namespace {

constexpr std::string_view list_path = "/api/v1/actors";

void add(std::string& target, std::string_view name, std::string_view value) {
  if (value.empty())
    return;
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += fmt::format("{}={}", name, percent_escaped(value));
}

}  // namespace

std::string list_target(const actor_query& query) {
  std::string target{list_path};
  add(target, "node", query.node);
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

std::string actor_target(std::string_view path, std::string_view action, std::string_view node) {
  const auto from_root = path.starts_with('/') ? path.substr(1) : path;
  std::string target = fmt::format("{}/{}", list_path, percent_escaped(from_root, "/"));
  if (!action.empty())
    target += fmt::format("/{}", action);
  add(target, "node", node);
  return target;
}

}  // namespace talaria::console
