#include "http/pretty_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstddef>

namespace talaria::http {
namespace {

namespace json = boost::json;

constexpr std::size_t spaces = 2;

void append(const json::value& value, std::size_t depth, std::string& to);

/// @param append_part Appends one of the parts.
template <class Parts, class Append>
void append_parts(const Parts& parts, char open, char close, std::size_t depth, std::string& to,
                  const Append& append_part) {
  to += open;
  bool first = true;
  for (const auto& part : parts) {
    to.append(first ? "\n" : ",\n").append((depth + 1) * spaces, ' ');
    first = false;
    append_part(part);
  }
  to.append("\n").append(depth * spaces, ' ');
  to += close;
}

void append(const json::value& value, std::size_t depth, std::string& to) {
  if (value.is_object() && !value.get_object().empty()) {
    append_parts(value.get_object(), '{', '}', depth, to, [&](const json::key_value_pair& member) {
      to.append(json::serialize(json::value(member.key()))).append(": ");
      append(member.value(), depth + 1, to);
    });
  } else if (value.is_array() && !value.get_array().empty()) {
    append_parts(value.get_array(), '[', ']', depth, to,
                 [&](const json::value& element) { append(element, depth + 1, to); });
  } else {
    to += json::serialize(value);
  }
}

}  // namespace

std::string pretty_json(const json::value& value) {
  std::string text;
  append(value, 0, text);
  return text;
}

}  // namespace talaria::http
