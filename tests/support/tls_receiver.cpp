#include "tests/support/tls_receiver.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace talaria::test_support {

namespace {

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

std::unique_ptr<BIO, decltype(&BIO_free_all)> text(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all};
}

bool use_identity(SSL_CTX* context, const certificate& identity) {
  const std::unique_ptr<X509, decltype(&X509_free)> own(
      PEM_read_bio_X509(text(identity.certificate_pem).get(), nullptr, nullptr, nullptr),
      &X509_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(text(identity.key_pem).get(), nullptr, nullptr, nullptr),
      &EVP_PKEY_free);
  return SSL_CTX_use_certificate(context, own.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

}  // namespace

tls_receiver::tls_receiver(const certificate& identity)
    : context_(SSL_CTX_new(TLS_server_method())) {
  if (!use_identity(context_.get(), identity))
    throw std::runtime_error("the TLS receiver cannot use its certificate");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* bound = reinterpret_cast<sockaddr*>(&address);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0 || bind(listener_, bound, length) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, bound, &length) != 0)
    throw std::runtime_error("the TLS receiver cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

tls_receiver::~tls_receiver() {
  // Wakes `accept`.
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

std::string tls_receiver::url(std::string_view host) const {
  return fmt::format("https://{}:{}/", host, port_);
}

void tls_receiver::run() {
  // A client that refuses our certificate closes while we write.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  while (true) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0)
      return;
    serve(socket);
    close(socket);
  }
}

void tls_receiver::serve(int socket) {
  // A client that keeps a connection open must not keep the others waiting for ever.
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context_.get()), &SSL_free);
  SSL_set_fd(session.get(), socket);
  if (SSL_accept(session.get()) != 1)
    return;
  std::array<char, 16 * 1024> request;
  if (SSL_read(session.get(), request.data(), static_cast<int>(request.size())) <= 0)
    return;
  resumed_ += SSL_session_reused(session.get()) == 1 ? 1 : 0;
  ++requests_;
  SSL_write(session.get(), ok.data(), static_cast<int>(ok.size()));
  SSL_shutdown(session.get());
}

}  // namespace talaria::test_support
