#pragma once

#include "domain/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace talaria::cluster {

/// Finds out whether somebody accepts connections at an address, on a thread of its own.
///
/// CAF connects one after the other, and waits for minutes for an address that says nothing: it
/// must be given none such, and no name that has yet to be resolved. Probes run side by side, but
/// names are resolved one at a time. Thread-safe.
class tcp_probe {
public:
  /// The address that accepted, as a number; or why none does.
  using handler = std::function<void(domain::result<std::string>)>;

  /// @param timeout for all addresses of a host together
  explicit tcp_probe(std::chrono::milliseconds timeout);
  tcp_probe(const tcp_probe&) = delete;
  tcp_probe& operator=(const tcp_probe&) = delete;
  /// Probes under way end without a word.
  ~tcp_probe();

  /// Never blocks. `done` is called once, on the probe's thread; it must not block.
  void begin(std::string host, std::uint16_t port, handler done);

private:
  class attempt;
  struct wanted {
    std::string host;
    std::uint16_t port;
    handler done;
  };

  void run();
  std::vector<wanted> take_wanted();
  /// Until a socket is ready, somebody is waiting, or a time is over.
  void wait(std::list<attempt>& attempts) const;

  const std::chrono::milliseconds timeout_;
  const int wake_;
  std::mutex mutex_;
  std::vector<wanted> wanted_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace talaria::cluster
