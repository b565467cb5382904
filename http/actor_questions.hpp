#pragma once

#include "http/response.hpp"
#include "http/services.hpp"

#include <string_view>

namespace talaria::http {

/// What nodes ask each other about their actors: `list ` and the query of a list, or `show ` and a
/// path without its first slash. Thread-safe, and never waits.
response answer_about_actors(const services& services, std::string_view question);

}  // namespace talaria::http
