#pragma once

#include <string>
#include <string_view>

namespace talaria::bench {

/// Draws on a white page, so that a chart is legible on a dark one too. In pixels, from the upper
/// left corner on.
class svg_page {
public:
  static constexpr std::string_view color = "#ffffff";

  struct point {
    double x = 0;
    double y = 0;
  };
  enum class align { start, middle, end };
  struct text_style {
    align aligned = align::start;
    double size = 13;
    std::string_view color = "#1f2328";
    bool bold = false;
  };

  svg_page(double width, double height);

  /// @param corner The upper left one.
  void rectangle(point corner, double width, double height, std::string_view color);
  void line(point from, point to, double thickness, std::string_view color);
  void circle(point center, double radius, std::string_view color);
  /// @param at On the base line.
  void text(point at, std::string_view text, text_style style);
  void text(point at, std::string_view shown) { text(at, shown, text_style{}); }

  /// The whole document.
  std::string finish() const;

private:
  std::string body_;
};

}  // namespace talaria::bench
