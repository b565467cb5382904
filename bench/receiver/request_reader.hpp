#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace talaria::bench {

/// Views into a buffer: valid during the call that shows it.
struct received_request {
  std::string_view target;
  std::string_view body;
};

/// Cuts a connection's bytes into requests. Bodies must have a Content-Length.
class request_reader {
public:
  /// Shows every request that is complete by now.
  ///
  /// @returns false for bytes that are no request.
  bool feed(std::string_view bytes, const std::function<void(const received_request&)>& show);

private:
  /// What of `bytes` is complete is shown and removed.
  bool take_complete(std::string_view& bytes,
                     const std::function<void(const received_request&)>& show);

  /// A request of which only a part has come.
  std::string begun_;
  /// Known once its head is complete: looking again before is in vain.
  std::size_t begun_needs_ = 0;
};

}  // namespace talaria::bench
