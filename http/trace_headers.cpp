#include "http/trace_headers.hpp"

#include <string>

namespace talaria::http {
namespace {

/// Several headers are one list.
std::string join_tracestates(const request& request) {
  std::string joined;
  for (const header_field& field : request.headers) {
    if (equals_ignoring_case(field.name, "tracestate")) {
      joined.append(joined.empty() ? "" : ",").append(field.value);
    }
  }
  return joined;
}

}  // namespace

std::optional<domain::trace_context> find_trace(const request& request) {
  const auto parent = request.header("traceparent");
  if (!parent || request.header_count("traceparent") > 1) {
    return std::nullopt;
  }
  auto found = domain::parse_traceparent(*parent);
  if (found) {
    found->state = domain::accept_tracestate(join_tracestates(request));
  }
  return found;
}

}  // namespace talaria::http
