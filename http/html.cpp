#include "http/html.hpp"

#include <algorithm>

namespace talaria::http {
namespace {

std::string_view entity_of(char letter) {
  switch (letter) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

bool may_link_to(std::string_view address) {
  return address.starts_with("https://") || address.starts_with('#') ||
         (address.starts_with('/') && !address.starts_with("//"));
}

/// Takes the text up to a mark, and the mark. @returns nothing taken if the mark is not there.
std::string_view take_until(std::string_view& text, std::string_view mark) {
  const auto end = text.find(mark);
  if (end == std::string_view::npos) {
    return {};
  }
  const auto taken = text.substr(0, end);
  text.remove_prefix(end + mark.size());
  return taken;
}

/// @param text Begins with a backtick.
bool add_code(std::string_view& text, std::string& to) {
  auto rest = text.substr(1);
  const auto code = take_until(rest, "`");
  if (code.empty()) {
    return false;
  }
  to.append("<code>").append(escape_html(code)).append("</code>");
  text = rest;
  return true;
}

std::string inline_html(std::string_view text);

/// @param text Begins with a bracket.
bool add_link(std::string_view& text, std::string& to) {
  auto rest = text.substr(1);
  const auto name = take_until(rest, "](");
  const auto address = take_until(rest, ")");
  if (name.empty() || !may_link_to(address)) {
    return false;
  }
  to.append("<a href=\"").append(escape_html(address)).append("\">");
  to.append(inline_html(name)).append("</a>");
  text = rest;
  return true;
}

std::string inline_html(std::string_view text) {
  std::string html;
  while (!text.empty()) {
    const bool taken = (text.front() == '`' && add_code(text, html)) ||
                       (text.front() == '[' && add_link(text, html));
    if (!taken) {
      html += escape_html(text.substr(0, 1));
      text.remove_prefix(1);
    }
  }
  return html;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string html;
  html.reserve(text.size());
  for (const char letter : text) {
    const auto entity = entity_of(letter);
    entity.empty() ? html.push_back(letter) : static_cast<void>(html.append(entity));
  }
  return html;
}

std::string describe_in_html(std::string_view text) {
  std::string html;
  while (!text.empty()) {
    const auto end = text.find("\n\n");
    html.append("<p>").append(inline_html(text.substr(0, end))).append("</p>");
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return html;
}

}  // namespace talaria::http
