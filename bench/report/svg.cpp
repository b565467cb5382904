#include "bench/report/svg.hpp"

#include <fmt/format.h>

namespace talaria::bench {

namespace {

std::string escaped(std::string_view text) {
  std::string made;
  for (const char c : text) {
    if (c == '&')
      made += "&amp;";
    else if (c == '<')
      made += "&lt;";
    else
      made += c;
  }
  return made;
}

std::string_view anchor(svg_page::align aligned) {
  switch (aligned) {
    case svg_page::align::start:
      return "start";
    case svg_page::align::middle:
      return "middle";
    case svg_page::align::end:
      return "end";
  }
  return "start";
}

}  // namespace

svg_page::svg_page(double width, double height)
    : body_{fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" )"
                        R"(viewBox="0 0 {0} {1}" font-family="sans-serif">)"
                        "\n",
                        width, height)} {
  rectangle({0, 0}, width, height, color);
}

void svg_page::rectangle(point corner, double width, double height, std::string_view color) {
  body_ += fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>)"
                       "\n",
                       corner.x, corner.y, width, height, color);
}

void svg_page::line(point from, point to, double thickness, std::string_view color) {
  body_ += fmt::format(
      R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="{}"/>)"
      "\n",
      from.x, from.y, to.x, to.y, color, thickness);
}

void svg_page::circle(point center, double radius, std::string_view color) {
  body_ += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}"/>)"
                       "\n",
                       center.x, center.y, radius, color);
}

void svg_page::text(point at, std::string_view text, text_style style) {
  body_ += fmt::format(
      R"(<text x="{:.1f}" y="{:.1f}" font-size="{}" text-anchor="{}" fill="{}"{}>{}</text>)"
      "\n",
      at.x, at.y, style.size, anchor(style.aligned), style.color,
      style.bold ? R"( font-weight="bold")" : "", escaped(text));
}

std::string svg_page::finish() const {
  return body_ + "</svg>\n";
}

}  // namespace talaria::bench
