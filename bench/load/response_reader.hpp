#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace talaria::load {

/// Reads one HTTP response at a time, as far as a load generator must: its status and where it
/// ends. The body is skipped. Chunked responses are taken for malformed: Talaria sends none to
/// submissions.
class response_reader {
public:
  enum class state : std::uint8_t { incomplete, complete, malformed };

  /// Takes in what was received; after `complete` it expects the next response.
  ///
  /// @returns `malformed` as well for bytes after the response's end: none were asked for.
  state feed(std::string_view bytes);

  /// Of the last complete response.
  unsigned status() const { return status_; }
  /// The server closes the connection after it.
  bool closes() const { return closes_; }

  /// Forgets a response that was begun.
  void reset();

private:
  static constexpr std::size_t head_bytes_max = 16 * 1024;

  bool read_head(std::string_view head);

  /// Empty unless a head came in parts.
  std::string head_;
  bool in_body_ = false;
  std::size_t body_left_ = 0;
  unsigned status_ = 0;
  bool closes_ = false;
};

}  // namespace talaria::load
