#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::chaos {

/// The payload of the event with a number: always the same, so that a receiver knows what to
/// expect.
///
/// @param bytes About as long, and never shorter than its fields.
std::string payload_of(std::uint64_t number, std::uint32_t bytes);

/// @returns nothing for what is no such payload.
std::optional<std::uint64_t> number_in(std::string_view payload);

}  // namespace talaria::chaos
