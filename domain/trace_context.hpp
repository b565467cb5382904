#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// W3C Trace Context (https://www.w3.org/TR/trace-context/), by which an event's way can be
/// followed from the client's request to the receivers'.
namespace talaria::domain {

using trace_id = std::array<std::uint8_t, 16>;
using span_id = std::array<std::uint8_t, 8>;

/// Where in a trace something was caused.
struct trace_context {
  trace_id trace{};
  /// The span that caused it.
  span_id parent{};
  /// Those that the specification knows: 1 sampled, 2 random trace id.
  std::uint8_t flags = 0;
  /// The `tracestate`: what tracing systems say to each other. May be empty.
  std::string state;

  bool operator==(const trace_context&) const = default;
};

namespace limits {
/// What the specification wants propagated at least; a longer one is cut.
inline constexpr std::size_t tracestate_bytes_max = 512;
inline constexpr std::size_t tracestate_members_max = 32;
}  // namespace limits

/// Reads a `traceparent`, of version 00 or a later one. Its `state` is left empty.
/// @returns nothing for what the specification calls invalid, which is to be ignored.
std::optional<trace_context> parse_traceparent(std::string_view text);

/// Of version 00.
std::string to_traceparent(const trace_id& trace, const span_id& parent, std::uint8_t flags);

/// What of a `tracestate` is passed on: all of it, or, if it is longer than
/// `limits::tracestate_bytes_max`, what is left without its members of more than 128 bytes and then
/// without the last ones, which are the oldest.
/// @returns nothing if it is invalid, or nothing is left.
std::string accept_tracestate(std::string_view text);

/// Lower-case hexadecimal digits.
std::string to_string(const trace_id& trace);

}  // namespace talaria::domain
