#pragma once

#include <string>
#include <string_view>

namespace talaria::http {

/// Text as HTML shows it literally, inside of elements and of attributes in double quotes.
std::string escape_html(std::string_view text);

/// A description as HTML: paragraphs apart by an empty line, `code` in backticks, and
/// [links](https://...) to https and to places of the same site. Everything else is literal.
std::string describe_in_html(std::string_view text);

}  // namespace talaria::http
