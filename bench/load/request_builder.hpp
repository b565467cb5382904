#pragma once

#include "bench/load/event_payload.hpp"
#include "bench/load/load_options.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace talaria::load {

/// Of the longest request's body, in bytes.
std::size_t body_bytes_max(const load_options& options);

/// Makes the bytes of submissions: built once, and stamped for each request.
class request_builder {
public:
  request_builder(const load_options& options, const std::string& host);

  /// Writes the next request over `into`, its events numbered from `first.sequence` on.
  void write(std::string& into, event_stamp first);

private:
  struct prepared {
    std::string bytes;
    /// Where the payloads of its events begin.
    std::vector<std::size_t> payloads;
  };

  std::vector<prepared> by_type_;
  std::size_t next_type_ = 0;
};

}  // namespace talaria::load
