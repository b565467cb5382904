#include "http/actor_questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace talaria::http {

namespace {

/// In the order of the words.
constexpr std::array<std::string_view, 4> texts{"list", "show", "restart", "release"};

}  // namespace

std::string to_text(const actor_question& question) {
  return fmt::format("{} {}", texts.at(static_cast<std::size_t>(question.asks)), question.about);
}

std::optional<actor_question> parse_actor_question(std::string_view text) {
  const auto space = text.find(' ');
  const auto found = std::ranges::find(texts, text.substr(0, space));
  if (space == std::string_view::npos || found == texts.end())
    return std::nullopt;
  return actor_question{static_cast<actor_question::word>(found - texts.begin()),
                        std::string{text.substr(space + 1)}};
}

bool is_command(actor_question::word asked) {
  return asked == actor_question::word::restart || asked == actor_question::word::release;
}

}  // namespace talaria::http
