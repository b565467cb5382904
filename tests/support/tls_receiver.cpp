#include "tests/support/tls_receiver.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace talaria::test_support {

namespace {

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
constexpr std::string_view session_id = "talaria-test";

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

void ask_for_certificates(SSL_CTX* context, const tls_behaviour& behaviour) {
  const int required = behaviour.client_certificate_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, nullptr);
  // Without it sessions of clients that were verified cannot be resumed.
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(session_id.data()),
                                 static_cast<unsigned>(session_id.size()));
  const auto pem = text(behaviour.client_authorities);
  while (X509* authority = PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
    X509_free(authority);
  }
  ERR_clear_error();
}

std::string client_of(const SSL& session) {
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(&session),
                                                          &X509_free);
  if (shown == nullptr)
    return {};
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> pem(BIO_new(BIO_s_mem()), &BIO_free_all);
  PEM_write_bio_X509(pem.get(), shown.get());
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(pem.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

/// Closed with bytes unread, a socket resets the connection, and the client may miss the alert.
void drain(int socket) {
  shutdown(socket, SHUT_WR);
  std::array<char, 4096> unread;
  while (recv(socket, unread.data(), unread.size(), 0) > 0) {
  }
}

}  // namespace

tls_receiver::tls_receiver(const certificate& identity, tls_behaviour behaviour)
    : context_(SSL_CTX_new(TLS_server_method())), behaviour_(std::move(behaviour)) {
  if (!use_identity(context_.get(), identity))
    throw std::runtime_error("the TLS receiver cannot use its certificate");
  if (!behaviour_.client_authorities.empty())
    ask_for_certificates(context_.get(), behaviour_);
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
  for (auto& [socket, thread] : served_) {
    shutdown(socket, SHUT_RDWR);
    thread.join();
    close(socket);
  }
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
    ++connections_;
    served_.emplace_back(socket, std::thread([this, socket] { serve(socket); }));
  }
}

void tls_receiver::serve(int socket) {
  // A client that keeps a connection open must not keep the others waiting for ever.
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context_.get()), &SSL_free);
  SSL_set_fd(session.get(), socket);
  if (SSL_accept(session.get()) != 1) {
    drain(socket);
    return;
  }
  while (answer(*session) && behaviour_.keep_alive) {
  }
  SSL_shutdown(session.get());
  shutdown(socket, SHUT_RDWR);
}

bool tls_receiver::answer(SSL& session) {
  std::array<char, 16 * 1024> request;
  if (SSL_read(&session, request.data(), static_cast<int>(request.size())) <= 0)
    return false;
  {
    const std::scoped_lock lock(mutex_);
    clients_.push_back(client_of(session));
  }
  resumed_ += SSL_session_reused(&session) == 1 ? 1 : 0;
  ++requests_;
  const std::string bytes =
      fmt::format("{}{}\r\n", ok, behaviour_.keep_alive ? "" : "Connection: close\r\n");
  return SSL_write(&session, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

std::vector<std::string> tls_receiver::clients() const {
  const std::scoped_lock lock(mutex_);
  return clients_;
}

}  // namespace talaria::test_support
