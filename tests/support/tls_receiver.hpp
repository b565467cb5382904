#pragma once

#include "tests/support/certificate.hpp"

#include <openssl/ssl.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace talaria::test_support {

/// What a TLS receiver does beside presenting its certificate.
struct tls_behaviour {
  /// PEM of what may have signed its clients' certificates; empty: it asks for none.
  std::string client_authorities;
  /// Whether clients without a certificate are refused.
  bool client_certificate_required = true;
  /// Answers any number of requests per connection, instead of one.
  bool keep_alive = false;
};

/// A TLS receiver on 127.0.0.1 that answers with 200.
class tls_receiver {
public:
  explicit tls_receiver(const certificate& identity, tls_behaviour behaviour = {});
  tls_receiver(const tls_receiver&) = delete;
  tls_receiver& operator=(const tls_receiver&) = delete;
  ~tls_receiver();

  /// `https://<host>:<port>/`
  std::string url(std::string_view host) const;

  std::uint16_t port() const { return port_; }

  /// Of each request: the PEM of the certificate that its client has shown, or nothing.
  std::vector<std::string> clients() const;
  std::size_t connection_count() const { return connections_; }
  std::size_t request_count() const { return requests_; }
  /// Handshakes that resumed an earlier session.
  std::size_t resumed_count() const { return resumed_; }

private:
  void run();
  void serve(int socket);
  bool answer(SSL& session);

  struct free_context {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, free_context> context_;
  const tls_behaviour behaviour_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> requests_{0};
  std::atomic<std::size_t> resumed_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> clients_;
  /// Of the thread that accepts.
  std::vector<std::pair<int, std::thread>> served_;
  std::thread thread_;
};

}  // namespace talaria::test_support
