#include "http/rate_headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace talaria::http {

std::optional<problem> judge(const responder& responder,
                             const domain::sliding_window::verdict& verdict, std::uint32_t limit,
                             std::string_view what) {
  using std::chrono::seconds;
  const seconds wait = std::max(std::chrono::ceil<seconds>(verdict.wait), seconds{1});
  responder.add_header("RateLimit-Limit", fmt::format("{}", limit));
  responder.add_header("RateLimit-Remaining", fmt::format("{}", verdict.remaining));
  responder.add_header("RateLimit-Reset", fmt::format("{}", wait.count()));
  if (verdict.allowed) {
    return std::nullopt;
  }
  problem refused = to_problem(
      {domain::ec::rate_limited, fmt::format("The organization may make {} {}.", limit, what), ""});
  refused.retry_after = wait;
  return refused;
}

}  // namespace talaria::http
