#pragma once

#include <string_view>

namespace talaria::delivery {

/// The name of a header line, without the colon; empty if the line has none.
std::string_view header_name(std::string_view line);

/// The value of a header line, without the white space around it.
std::string_view header_value(std::string_view line);

/// ASCII letters are equal in either case.
bool is_same_header_name(std::string_view left, std::string_view right);

/// Whether a line `name: value` may be given to libcurl, which checks nothing: the name is a token,
/// no byte is a control character, and the header is not one of those that frame the request.
bool is_safe_header_line(std::string_view line);

}  // namespace talaria::delivery
