#include "console/screen.hpp"

namespace talaria::console {

screen::screen(std::size_t width, std::size_t height)
    : width_(width),
      height_(height),
      texts_(height, std::string(width, ' ')),
      looks_(height, std::vector(width, style::plain)) {
}

std::size_t screen::put(std::size_t row, std::size_t column, std::string_view text, style look) {
  for (const char character : text) {
    if (row >= height_ || column >= width_)
      break;
    texts_[row][column] = character;
    looks_[row][column] = look;
    ++column;
  }
  return column;
}

void screen::fill(std::size_t row, std::string_view text, style look) {
  const auto end = put(row, 0, text, look);
  put(row, end, std::string(width_ - end, ' '), look);
}

std::vector<screen::span> screen::spans(std::size_t row) const {
  std::vector<span> found;
  for (std::size_t column = 0; column < width_; ++column) {
    const auto look = looks_[row][column];
    if (found.empty() || found.back().look != look)
      found.push_back({column, {}, look});
    found.back().text += texts_[row][column];
  }
  return found;
}

std::string screen::line(std::size_t row) const {
  return texts_[row].substr(0, texts_[row].find_last_not_of(' ') + 1);
}

style screen::look_at(std::size_t row, std::size_t column) const {
  return looks_[row][column];
}

}  // namespace talaria::console
