#pragma once

#include "http/actor_questions.hpp"
#include "http/exchange.hpp"
#include "http/services.hpp"

#include <string_view>

/// What clients ask of the actors of other nodes. It reaches a node over the link to it, after the
/// client's key was checked here, and the node's answer is the client's, problems included.
///
/// A node that has no link, or does not answer within three seconds, is a problem 503; one of a
/// version that does not know the question, `ec::not_supported`. Nothing waits or blocks. The
/// services must outlive the answer.
namespace talaria::http {

/// Of the node of this name; `ec::invalid_value` if there is no link to one.
void ask_node(const services& services, const responder& responder, std::string_view node,
              const actor_question& question);

/// Of whichever node has the actor. All are asked to show it, and the first that does so is given
/// the command, if it is one: so no two obey. If none has it that is `ec::not_found`, or 503 where
/// one that may have it did not answer.
/// @pre there are links, and it is not `list`.
void ask_whoever_has_it(const services& services, const responder& responder,
                        const actor_question& question);

}  // namespace talaria::http
