#pragma once

#include "chaos/webhook_reader.hpp"
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::chaos {

/// How a receiver behaves.
enum class manner : std::uint8_t {
  plain,     ///< an answer at once
  stall,     ///< no answer, until the manner changes
  reset,     ///< the connection is reset
  drip,      ///< a byte now and then
  storm,     ///< 503 at once
  huge,      ///< a body of megabytes
  garbage,   ///< bytes that are no HTTP
  truncate,  ///< a body that is cut off
};

std::optional<manner> to_manner(std::string_view text);

/// What a request gets.
struct scripted_answer {
  manner how = manner::plain;
  /// 0: none.
  unsigned status = 204;

  /// Whoever waits for it has it whole, and at once.
  bool is_plain() const;
};

/// @param fail_rate The share of requests that a plain receiver answers with 500: which ones
/// follows from the seed, the event's number and the attempt.
scripted_answer script_answer(manner how, double fail_rate, std::uint64_t seed,
                              std::uint64_t number, std::uint32_t attempt);

/// The bytes to send; empty for an answer without any.
std::string to_bytes(const scripted_answer& answer);

}  // namespace talaria::chaos
