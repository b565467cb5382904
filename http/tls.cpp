#include "http/tls.hpp"

#include <openssl/err.h>
#include <sys/socket.h>

#include <new>
#include <string_view>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;

/// As ALPN has it: each name after its length.
constexpr std::string_view protocols = "\x08http/1.1";
/// Of TLS 1.2; all of 1.3 are good.
constexpr const char* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// A client that offers other protocols only would not understand our answers.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes,
                    const unsigned char* offered, unsigned offered_bytes, void*) {
  unsigned char* found = nullptr;
  const int outcome = SSL_select_next_proto(
      &found, chosen_bytes, reinterpret_cast<const unsigned char*>(protocols.data()),
      static_cast<unsigned>(protocols.size()), offered, offered_bytes);
  *chosen = found;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// OpenSSL's default asks at the terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

void demand_good_tls(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, ciphers);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Answers are sent as far as the socket takes them, from where the rest of them is by then; idle
  // connections keep no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_password);
}

class tls_stream final : public byte_stream {
public:
  tls_stream(SSL* session, delivery::file_descriptor socket)
      : socket_(std::move(socket)), session_(session) {
    SSL_set_fd(session, socket_.get());
    SSL_set_accept_state(session);
  }

  int socket() const override { return socket_.get(); }

  moved receive(char* into, std::size_t bytes_max) override {
    std::size_t got = 0;
    ERR_clear_error();
    const int code = SSL_read_ex(session_.get(), into, bytes_max, &got);
    return judge(code, got);
  }

  moved send(const char* from, std::size_t bytes) override {
    std::size_t sent = 0;
    ERR_clear_error();
    const int code = SSL_write_ex(session_.get(), from, bytes, &sent);
    return judge(code, sent);
  }

  bool receives_when_writable() const override { return wants_to_write_; }

  void end_sending() override {
    // After a failure OpenSSL must not be asked for anything more.
    if (!failed_) {
      ERR_clear_error();
      SSL_shutdown(session_.get());
    }
    ::shutdown(socket_.get(), SHUT_WR);
  }

private:
  moved judge(int code, std::size_t bytes) {
    wants_to_write_ = false;
    if (code == 1) {
      // OpenSSL gives one record at a time, and may hold more.
      return {outcome::some, bytes, false};
    }
    switch (SSL_get_error(session_.get(), code)) {
      case SSL_ERROR_WANT_WRITE:
        wants_to_write_ = true;
        [[fallthrough]];
      case SSL_ERROR_WANT_READ:
        return {outcome::nothing_yet, 0, true};
      case SSL_ERROR_ZERO_RETURN:
        return {};
      default:
        failed_ = true;
        return {};
    }
  }

  struct free_session {
    void operator()(SSL* session) const { SSL_free(session); }
  };

  const delivery::file_descriptor socket_;
  const std::unique_ptr<SSL, free_session> session_;
  bool wants_to_write_ = false;
  bool failed_ = false;
};

}  // namespace

domain::result<std::shared_ptr<const tls_context>> tls_context::load(
    const std::string& certificate_file, const std::string& key_file) {
  handle context(SSL_CTX_new(TLS_server_method()));
  if (!context) {
    throw std::bad_alloc();
  }
  demand_good_tls(context.get());
  const auto wrong = [](const char* detail, const char* field) {
    ERR_clear_error();
    return fail(ec::invalid_value, detail, field);
  };
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return wrong("must name a file of PEM certificates that can be read", "certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return wrong(
        "must name a file that can be read with the certificate's key, in PEM, "
        "without a password",
        "key");
  }
  return std::shared_ptr<const tls_context>(new tls_context(std::move(context)));
}

std::unique_ptr<byte_stream> tls_context::wrap(delivery::file_descriptor socket) const {
  SSL* session = SSL_new(context_.get());
  if (session == nullptr) {
    throw std::bad_alloc();
  }
  return std::make_unique<tls_stream>(session, std::move(socket));
}

}  // namespace talaria::http
