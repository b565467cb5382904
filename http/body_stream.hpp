#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace talaria::http {

/// A body that is written while it is sent, and ends with its connection: for those who watch.
///
/// Thread-safe. The writer never waits for the client: one that falls behind by more than the bound
/// is cut off, and may come again.
class body_stream {
public:
  static constexpr std::size_t bytes_waiting_max = 1024 * 1024;

  // ---- for the writer
  /// @returns false, having written nothing, when the client is gone or too slow: there is no use
  /// in writing more.
  bool write(std::string_view bytes);
  bool closed() const;

  // ---- for the connection
  /// @param wake Called after each write and when the stream is cut off, by the writer's thread.
  void attach(std::function<void()> wake);
  /// What was written since the last time.
  std::string take();
  /// The connection is gone.
  void close();

private:
  mutable std::mutex mutex_;
  std::string waiting_;
  bool closed_ = false;
  std::function<void()> wake_;
};

}  // namespace talaria::http
