#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace talaria::test_support {

/// A proxy on 127.0.0.1 that answers every request with 200 and a tunnel to one port of 127.0.0.1,
/// whatever host was asked for. It serves one connection after the other.
class tunnel_proxy {
public:
  /// @param leads_to Where every tunnel ends.
  explicit tunnel_proxy(std::uint16_t leads_to);
  tunnel_proxy(const tunnel_proxy&) = delete;
  tunnel_proxy& operator=(const tunnel_proxy&) = delete;
  ~tunnel_proxy();

  std::uint16_t port() const { return port_; }
  /// The request lines and headers that asked for tunnels.
  std::vector<std::string> heads() const;

private:
  void run();
  void serve(int client);
  /// @returns false if the client closed before.
  bool read_head(int client);
  void relay(int client, int receiver) const;
  /// @returns the one of both that can be read, or `nobody` if the proxy stops.
  int wait_for(int first, int second) const;

  static constexpr int nobody = -1;

  const std::uint16_t leads_to_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int stop_signal_ = -1;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::thread thread_;
};

}  // namespace talaria::test_support
