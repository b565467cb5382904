#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::http::test {

/// What a client offers.
struct tls_offer {
  int version_max = TLS1_3_VERSION;
  /// As ALPN has it; empty: none.
  std::string protocols;
};

/// A client over TLS, which waits for its answers. It trusts any certificate: what it checks is the
/// server's TLS.
class tls_client {
public:
  explicit tls_client(std::uint16_t port, const tls_offer& offer = {});
  tls_client(const tls_client&) = delete;
  tls_client& operator=(const tls_client&) = delete;
  ~tls_client();

  /// Whether there is a session.
  bool connected() const { return connected_; }
  int version() const { return SSL_version(session_.get()); }
  std::string protocol() const;

  /// @returns whether the server took it all.
  bool send(std::string_view bytes);
  /// The body of the next response, whose status goes before it.
  std::optional<std::string> receive();
  /// Whether the server ends the session, as TLS has it, without sending more.
  bool ended();
  /// Whether the server lets the client have new keys in the midst of a session of TLS 1.2.
  bool renegotiates();

private:
  struct free_context {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  struct free_session {
    void operator()(SSL* session) const { SSL_free(session); }
  };

  bool fill();

  int socket_ = -1;
  std::unique_ptr<SSL_CTX, free_context> context_;
  std::unique_ptr<SSL, free_session> session_;
  bool connected_ = false;
  std::string input_;
};

}  // namespace talaria::http::test
