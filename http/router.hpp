#pragma once

#include "http/problem.hpp"
#include "http/request.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::http {

/// One operation: a method on the paths of one pattern.
struct route {
  std::string method;
  /// `/api/v1/events/{id}`: a segment in braces takes any one segment, `{name...}` takes all that
  /// follow, or all but the last one where `{name...}/last` is a pattern too.
  std::string pattern;
  std::size_t body_bytes_max = 0;
  /// The place of the route in the order of its addition.
  std::size_t number = 0;
};

/// Finds the route of a request by its path's segments as sent. No path of ours needs percent
/// encoding, so a path that has any is refused instead of decoded: what is compared is what was
/// sent.
class router {
public:
  router();
  router(const router&) = delete;
  router& operator=(const router&) = delete;
  ~router();

  /// @pre no route of the same method and pattern was added.
  const route& add(std::string method, std::string pattern, std::size_t body_bytes_max);

  /// Sets `route` and `parameters` of the request.
  /// @returns 400 for a path that nobody sends in good faith, 404, 405 with `Allow`, or 501.
  tl::expected<const route*, problem> find(request& request) const;

  const std::deque<route>& routes() const { return routes_; }

private:
  struct node;

  std::deque<route> routes_;
  std::unique_ptr<node> root_;
};

}  // namespace talaria::http
