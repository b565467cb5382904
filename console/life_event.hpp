#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace talaria::console {

/// What a stream tells of an actor: it was born, died, failed, ... Every text is printable.
struct life_event {
  std::string what;
  std::string path;
  std::string at;
  /// A reason, or a breaker's new state; may be empty.
  std::string detail;
};

/// Reads server-sent events as their bytes come, in whatever pieces.
class life_event_reader {
public:
  using listener = std::function<void(life_event)>;

  /// What comes without an end of line is not Talaria's, and is dropped.
  static constexpr std::size_t line_bytes_max = 64 * 1024;

  explicit life_event_reader(listener on_event) : on_event_(std::move(on_event)) {}

  void feed(std::string_view bytes);

private:
  void take_line(std::string_view line);
  void end_event();

  listener on_event_;
  std::string line_;
  std::string what_;
  std::string data_;
};

}  // namespace talaria::console
