#pragma once

#include "tests/support/certificate.hpp"

#include <openssl/ssl.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace talaria::test_support {

/// A TLS receiver on 127.0.0.1 that answers one request per connection with 200 and closes. It
/// serves one connection after the other.
class tls_receiver {
public:
  explicit tls_receiver(const certificate& identity);
  tls_receiver(const tls_receiver&) = delete;
  tls_receiver& operator=(const tls_receiver&) = delete;
  ~tls_receiver();

  /// `https://<host>:<port>/`
  std::string url(std::string_view host) const;

  std::uint16_t port() const { return port_; }

  std::size_t request_count() const { return requests_; }
  /// Handshakes that resumed an earlier session.
  std::size_t resumed_count() const { return resumed_; }

private:
  void run();
  void serve(int socket);

  struct free_context {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, free_context> context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> requests_{0};
  std::atomic<std::size_t> resumed_{0};
  std::thread thread_;
};

}  // namespace talaria::test_support
