#include "console/terminal.hpp"

#define NCURSES_NOMACROS
#include <curses.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <stdexcept>

namespace talaria::console {

namespace {

/// For the rest of an escape sequence, which a slow line may deliver in parts. A lone escape key is
/// taken in after it.
constexpr int escape_delay_ms = 100;

enum color_pair : short { pair_good = 1, pair_warning, pair_bad, pair_heading, pair_selected };

attr_t attributes_of(style look, bool colors) {
  const auto colored = [&](color_pair pair, attr_t otherwise) {
    return colors ? static_cast<attr_t>(COLOR_PAIR(pair)) : otherwise;
  };
  switch (look) {
    case style::plain:
      return A_NORMAL;
    case style::strong:
      return A_BOLD;
    case style::faint:
      return A_DIM;
    case style::good:
      return colored(pair_good, A_NORMAL);
    case style::warning:
      return colored(pair_warning, A_BOLD);
    case style::bad:
      return colored(pair_bad, A_BOLD) | A_BOLD;
    case style::heading:
      return colored(pair_heading, A_REVERSE);
    case style::selected:
      return colored(pair_selected, A_STANDOUT);
  }
  return A_NORMAL;
}

std::optional<key_press> to_press(int code) {
  using name = key_press::name;
  switch (code) {
    case KEY_UP:
      return key_press{name::up};
    case KEY_DOWN:
      return key_press{name::down};
    case KEY_PPAGE:
      return key_press{name::page_up};
    case KEY_NPAGE:
      return key_press{name::page_down};
    case KEY_HOME:
      return key_press{name::home};
    case KEY_ENTER:
    case '\n':
    case '\r':
      return key_press{name::enter};
    case '\x1b':
      return key_press{name::escape};
    case KEY_BACKSPACE:
    case '\b':
    case '\x7f':
      return key_press{name::backspace};
    default:
      break;
  }
  if (code >= ' ' && code <= '~')
    return key_press{name::character, static_cast<char>(code)};
  return std::nullopt;
}

}  // namespace

terminal::terminal() {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)
    throw std::runtime_error("there is no terminal here");
  screen_ = newterm(nullptr, stdout, stdin);
  if (screen_ == nullptr)
    throw std::runtime_error("the terminal is of no known type: see the variable TERM");
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  curs_set(0);
  set_escdelay(escape_delay_ms);
  set_up_colors();
}

terminal::~terminal() {
  endwin();
  delscreen(static_cast<SCREEN*>(screen_));
}

void terminal::set_up_colors() {
  has_colors_ = ::has_colors() && start_color() == OK && use_default_colors() == OK;
  if (!has_colors_)
    return;
  constexpr short own = -1;
  init_pair(pair_good, COLOR_GREEN, own);
  init_pair(pair_warning, COLOR_YELLOW, own);
  init_pair(pair_bad, COLOR_RED, own);
  init_pair(pair_heading, COLOR_BLACK, COLOR_GREEN);
  init_pair(pair_selected, COLOR_BLACK, COLOR_CYAN);
}

std::size_t terminal::width() const {
  return static_cast<std::size_t>(getmaxx(stdscr));
}

std::size_t terminal::height() const {
  return static_cast<std::size_t>(getmaxy(stdscr));
}

void terminal::show(const screen& drawn) {
  for (std::size_t row = 0; row < drawn.height(); ++row) {
    for (const auto& span : drawn.spans(row)) {
      attrset(static_cast<int>(attributes_of(span.look, has_colors_)));
      mvaddnstr(static_cast<int>(row), static_cast<int>(span.column), span.text.c_str(),
                static_cast<int>(span.text.size()));
    }
  }
  refresh();
}

void terminal::wait(int readable) const {
  std::array<pollfd, 2> watched{{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                 {.fd = readable, .events = POLLIN, .revents = 0}}};
  poll(watched.data(), watched.size(), -1);
}

std::optional<key_press> terminal::read_key() {
  for (int code = getch(); code != ERR; code = getch()) {
    if (const auto pressed = to_press(code))
      return pressed;
  }
  return std::nullopt;
}

}  // namespace talaria::console
