#pragma once

#include "console/screen.hpp"
#include "console/top_model.hpp"
#include <cstddef>
#include <optional>

namespace talaria::console {

/// The terminal of this process, while it shows a screen of ours. At most one at a time; not
/// thread-safe.
///
/// Only what differs from the former screen is sent, so that a slow line suffices.
class terminal {
public:
  /// @throws std::runtime_error if there is none, or of no known type.
  terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;
  /// Leaves the terminal as it was.
  ~terminal();

  std::size_t width() const;
  std::size_t height() const;

  void show(const screen& drawn);

  /// Waits until a key is pressed, `readable` is, or a signal has come, as when the size changes.
  void wait(int readable) const;
  /// @returns nothing if no further key was pressed. Takes in a change of the size.
  std::optional<key_press> read_key();

private:
  void set_up_colors();

  void* screen_ = nullptr;
  bool has_colors_ = false;
};

}  // namespace talaria::console
