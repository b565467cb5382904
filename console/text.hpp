#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Texts for a terminal, one column per character.
namespace talaria::console {

/// Only printable ASCII is left, so that no text of a server can move the cursor, colour what
/// follows, or take another width than its length: each other character becomes a `?`.
std::string printable(std::string_view utf8);

/// Cut to `width`, with a `~` where something is missing.
std::string cut_end(std::string text, std::size_t width);
/// The same for paths, whose end tells more than their beginning.
std::string cut_start(std::string text, std::size_t width);

/// At most 5 characters: exact up to 99999, and then as `123K`, `4.5M`.
std::string compact(std::uint64_t number);
/// At most 5 characters: with a decimal while that tells something.
std::string compact(double number);

/// At most 6 characters: `42s`, `3m12s`, `2h05m`, `3d04h`, `1234d`.
std::string compact(std::chrono::milliseconds duration);

/// For a part of a URL (RFC 3986).
/// @param kept What stands for itself besides the unreserved characters.
std::string percent_escaped(std::string_view text, std::string_view kept = {});

}  // namespace talaria::console
