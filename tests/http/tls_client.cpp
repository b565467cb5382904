#include "tests/http/tls_client.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace talaria::http::test {

tls_client::tls_client(std::uint16_t port, const tls_offer& offer)
    : socket_(::socket(AF_INET, SOCK_STREAM, 0)), context_(SSL_CTX_new(TLS_client_method())) {
  // OpenSSL writes to sockets that the other end has closed.
  ::signal(SIGPIPE, SIG_IGN);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context_.get(), offer.version_max);
  // Debian's OpenSSL offers versions before 1.2 at no other level.
  SSL_CTX_set_security_level(context_.get(), 0);
  session_.reset(SSL_new(context_.get()));
  if (!offer.protocols.empty()) {
    SSL_set_alpn_protos(session_.get(),
                        reinterpret_cast<const unsigned char*>(offer.protocols.data()),
                        static_cast<unsigned>(offer.protocols.size()));
  }
  SSL_set_fd(session_.get(), socket_);
  connected_ = SSL_connect(session_.get()) == 1;
}

tls_client::~tls_client() {
  ::close(socket_);
}

std::string tls_client::protocol() const {
  const unsigned char* text = nullptr;
  unsigned bytes = 0;
  SSL_get0_alpn_selected(session_.get(), &text, &bytes);
  return {reinterpret_cast<const char*>(text), bytes};
}

bool tls_client::send(std::string_view bytes) {
  std::size_t sent = 0;
  return SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent) == 1 &&
         sent == bytes.size();
}

bool tls_client::fill() {
  std::array<char, 65536> buffer{};
  std::size_t got = 0;
  if (SSL_read_ex(session_.get(), buffer.data(), buffer.size(), &got) != 1) {
    return false;
  }
  input_.append(buffer.data(), got);
  return true;
}

std::optional<std::string> tls_client::receive() {
  static constexpr std::string_view length = "Content-Length: ";
  std::size_t end = input_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!fill()) {
      return std::nullopt;
    }
    end = input_.find("\r\n\r\n");
  }
  const std::string head = input_.substr(0, end);
  input_.erase(0, end + 4);
  const std::size_t bytes = std::stoul(head.substr(head.find(length) + length.size()));
  while (input_.size() < bytes && fill()) {
  }
  const std::string body = head.substr(head.find(' ') + 1, 4) + input_.substr(0, bytes);
  input_.erase(0, std::min(bytes, input_.size()));
  return body;
}

bool tls_client::ended() {
  return input_.empty() && !fill() &&
         (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool tls_client::renegotiates() {
  return SSL_renegotiate(session_.get()) == 1 && SSL_do_handshake(session_.get()) == 1;
}

}  // namespace talaria::http::test
