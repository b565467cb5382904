#pragma once

#include "domain/trace_context.hpp"

#include <optional>
#include <string>
#include <utility>

/// An event's trace as it is stored: a `traceparent`, and a `tracestate` unless it is empty.
namespace talaria::persistence::sql {

struct trace_columns {
  std::optional<std::string> parent;
  std::optional<std::string> state;
};

inline trace_columns write_trace(const std::optional<domain::trace_context>& trace) {
  if (!trace)
    return {};
  return {domain::to_traceparent(trace->trace, trace->parent, trace->flags),
          trace->state.empty() ? std::nullopt : std::optional{trace->state}};
}

/// @param parent Empty: none is stored, and so is an empty `state`.
inline std::optional<domain::trace_context> read_trace(const std::string& parent,
                                                       std::string state) {
  auto read = domain::parse_traceparent(parent);
  if (read)
    read->state = std::move(state);
  return read;
}

}  // namespace talaria::persistence::sql
