#pragma once

#include "http/response.hpp"
#include "http/services.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::http {

/// What nodes ask each other about their actors.
///
/// As text it is a word, a space, and what it is about. Words are only added: a node that does not
/// know one answers 422.
struct actor_question {
  enum class word : std::uint8_t {
    list,
    show,
    restart,  ///< which may be asked again: it costs the actor nothing of its budget
    release,
  };

  word asks{};
  /// Of `list` a query, otherwise an actor's path without its first slash.
  std::string about;
};

std::string to_text(const actor_question& question);
/// @returns nothing for a word that is not known.
std::optional<actor_question> parse_actor_question(std::string_view text);

/// Whether it changes something at the node that is asked.
bool is_command(actor_question::word asked);

/// Answers as a client would be answered who may operate the installation: whoever asks has seen to
/// that. Thread-safe, and never waits.
response answer_about_actors(const services& services, std::string_view question);

}  // namespace talaria::http
