#include "http/router.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace talaria::http {
namespace {

constexpr std::array<std::string_view, 10> known_methods = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"};

constexpr std::size_t segments_max = 16;

bool is_plain(std::string_view path) {
  return path.starts_with('/') && std::all_of(path.begin(), path.end(), [](char letter) {
           return letter > 0x20 && letter < 0x7f && letter != '%' && letter != '\\';
         });
}

/// @returns nothing for more segments than any route has.
std::optional<std::vector<std::string_view>> split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
    if (segments.size() > segments_max) {
      return std::nullopt;
    }
  }
  return segments;
}

}  // namespace

struct router::node {
  /// @param segments What is left of the path; not empty.
  /// @returns where its tail leads, which is what ends with the last segment if there is such.
  static const node* take_tail(const node& at, std::span<const std::string_view> segments,
                               request& request);

  std::vector<std::pair<std::string, std::unique_ptr<node>>> literals;
  std::unique_ptr<node> parameter;
  std::string parameter_name;
  std::unique_ptr<node> tail;
  std::string tail_name;
  std::vector<const route*> routes;

  node& child(std::string_view segment) {
    if (segment.ends_with("...}")) {
      tail_name = segment.substr(1, segment.size() - 5);
      return made(tail);
    }
    if (segment.starts_with('{')) {
      parameter_name = segment.substr(1, segment.size() - 2);
      return made(parameter);
    }
    for (auto& [name, next] : literals) {
      if (name == segment) {
        return *next;
      }
    }
    return *literals.emplace_back(segment, std::make_unique<node>()).second;
  }

  static node& made(std::unique_ptr<node>& slot) {
    if (!slot) {
      slot = std::make_unique<node>();
    }
    return *slot;
  }

  const node* literal(std::string_view segment) const {
    for (const auto& [name, next] : literals) {
      if (name == segment) {
        return next.get();
      }
    }
    return nullptr;
  }

  const route* route_for(std::string_view method) const {
    for (const route* candidate : routes) {
      if (candidate->method == method || (method == "HEAD" && candidate->method == "GET")) {
        return candidate;
      }
    }
    return nullptr;
  }

  std::string allowed() const {
    std::string text;
    for (const route* candidate : routes) {
      text += (text.empty() ? "" : ", ") + candidate->method;
      if (candidate->method == "GET") {
        text += ", HEAD";
      }
    }
    return text;
  }
};

const router::node* router::node::take_tail(const node& at,
                                            std::span<const std::string_view> segments,
                                            request& request) {
  const node* ending = segments.size() > 1 ? at.tail->literal(segments.back()) : nullptr;
  const std::string_view last = ending != nullptr ? segments[segments.size() - 2] : segments.back();
  const char* const begin = segments.front().data();
  const auto bytes = static_cast<std::size_t>(last.data() + last.size() - begin);
  request.parameters.push_back({at.tail_name, std::string_view(begin, bytes)});
  return ending != nullptr ? ending : at.tail.get();
}

router::router() : root_(std::make_unique<node>()) {
}
router::~router() = default;

const route& router::add(std::string method, std::string pattern, std::size_t body_bytes_max) {
  route& added = routes_.emplace_back(
      route{std::move(method), std::move(pattern), body_bytes_max, routes_.size()});
  node* at = root_.get();
  const auto segments = split(added.pattern);
  for (const std::string_view segment : *segments) {
    at = &at->child(segment);
  }
  at->routes.push_back(&added);
  return added;
}

tl::expected<const route*, problem> router::find(request& request) const {
  if (std::find(known_methods.begin(), known_methods.end(), request.method) ==
      known_methods.end()) {
    return tl::unexpected(
        protocol_problem(501, "not_implemented", "The request's method is not known."));
  }
  if (!is_plain(request.path)) {
    return tl::unexpected(protocol_problem(400, "malformed_request",
                                           "The paths of this server need no percent-encoding."));
  }
  const auto unknown = [] {
    return tl::unexpected(protocol_problem(404, "not_found", "There is nothing at this path."));
  };
  const auto segments = split(request.path);
  if (!segments) {
    return unknown();
  }
  const node* at = root_.get();
  for (std::size_t index = 0; index < segments->size() && at != nullptr; ++index) {
    const std::string_view segment = (*segments)[index];
    if (segment.empty() || segment == "." || segment == "..") {
      return unknown();
    }
    if (const node* next = at->literal(segment)) {
      at = next;
    } else if (at->parameter) {
      request.parameters.push_back({at->parameter_name, segment});
      at = at->parameter.get();
    } else if (at->tail) {
      at = node::take_tail(*at, std::span{*segments}.subspan(index), request);
      break;
    } else {
      at = nullptr;
    }
  }
  if (at == nullptr || at->routes.empty()) {
    return unknown();
  }
  request.route = at->route_for(request.method);
  if (request.route == nullptr) {
    problem wrong =
        protocol_problem(405, "method_not_allowed", "The path does not take the request's method.");
    wrong.headers.emplace_back("Allow", at->allowed());
    return tl::unexpected(std::move(wrong));
  }
  return request.route;
}

}  // namespace talaria::http
