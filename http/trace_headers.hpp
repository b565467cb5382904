#pragma once

#include "domain/trace_context.hpp"
#include "http/request.hpp"

#include <optional>

namespace talaria::http {

/// The trace that a request is part of, by its headers `traceparent` and `tracestate`. What is
/// invalid is as if it were not there, as the specification demands.
std::optional<domain::trace_context> find_trace(const request& request);

}  // namespace talaria::http
