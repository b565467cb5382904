#pragma once

#include <CLI/CLI.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace talaria::test_support {

using arguments = std::vector<std::string>;

/// The options of a command line.
///
/// @param add Adds a command's options, as `main` has it.
/// @returns nothing if the command line is refused.
template <class Options>
std::optional<Options> parse(void (*add)(CLI::App&, Options&), arguments given) {
  Options options;
  CLI::App command;
  add(command, options);
  // CLI11 takes them from the end.
  std::ranges::reverse(given);
  try {
    command.parse(given);
  } catch (const CLI::ParseError&) {
    return std::nullopt;
  }
  return options;
}

}  // namespace talaria::test_support
