#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::chaos {

/// A request as Talaria sends it to a receiver.
struct webhook {
  std::string event_id;
  std::uint32_t attempt = 0;
  std::optional<std::uint64_t> sequence;
  std::string body;
};

/// Cuts a connection's bytes into requests with a Content-Length.
class webhook_reader {
public:
  /// Adds every request that is complete by now.
  ///
  /// @returns false for bytes that are no request.
  bool feed(std::string_view bytes, std::vector<webhook>& into);

private:
  std::string begun_;
};

}  // namespace talaria::chaos
