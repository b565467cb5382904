#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::console {

enum class style : std::uint8_t { plain, strong, faint, good, warning, bad, heading, selected };

/// What a terminal shows: a grid of printable characters, each with a style.
class screen {
public:
  screen(std::size_t width, std::size_t height);

  std::size_t width() const { return width_; }
  std::size_t height() const { return height_; }

  /// What does not fit is cut off.
  /// @returns the column after the text.
  std::size_t put(std::size_t row, std::size_t column, std::string_view text,
                  style look = style::plain);
  /// A whole row, to the screen's edge.
  void fill(std::size_t row, std::string_view text, style look);

  struct span {
    std::size_t column;
    std::string text;
    style look;
  };
  /// A row's parts of one style each.
  std::vector<span> spans(std::size_t row) const;
  /// Without the spaces at its end.
  std::string line(std::size_t row) const;
  style look_at(std::size_t row, std::size_t column) const;

private:
  std::size_t width_;
  std::size_t height_;
  std::vector<std::string> texts_;
  std::vector<std::vector<style>> looks_;
};

}  // namespace talaria::console
