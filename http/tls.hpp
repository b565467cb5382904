#pragma once

#include "delivery/file_descriptor.hpp"
#include "domain/error.hpp"
#include "http/byte_stream.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace talaria::http {

/// The certificate that the front shows, and what it demands of its clients' TLS: version 1.2 or
/// 1.3, ciphers with forward secrecy, no renegotiation, and HTTP/1.1 where a client uses ALPN.
///
/// Thread-safe. A process that uses it must ignore SIGPIPE, which OpenSSL may cause.
class tls_context {
public:
  /// Reads both files, in PEM, once. The first may go on with the certificates in between.
  /// @returns what is wrong with one of them, with `certificate` or `key` as field.
  static domain::result<std::shared_ptr<const tls_context>> load(
      const std::string& certificate_file, const std::string& key_file);

  /// The server's side of a connection whose handshake has not begun.
  std::unique_ptr<byte_stream> wrap(delivery::file_descriptor socket) const;

private:
  struct free_context {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  using handle = std::unique_ptr<SSL_CTX, free_context>;

  explicit tls_context(handle context) : context_(std::move(context)) {}

  handle context_;
};

}  // namespace talaria::http
