#include "tests/http/raw_client.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace talaria::http::test {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

}  // namespace

std::string reply::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

raw_client::raw_client(std::uint16_t port, const char* from)
    : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int yes = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  sockaddr_in source{};
  source.sin_family = AF_INET;
  ::inet_pton(AF_INET, from, &source.sin_addr);
  REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&source), sizeof source) == 0);
  REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

raw_client::~raw_client() {
  ::close(socket_);
}

void raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return;  // the server has closed early; what it answered is what counts
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void raw_client::end_sending() {
  ::shutdown(socket_, SHUT_WR);
}

bool raw_client::fill() {
  std::array<char, 65536> buffer{};
  const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
  REQUIRE_MESSAGE((got >= 0 || errno == ECONNRESET), "no answer came");
  if (got <= 0) {
    return false;
  }
  input_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::string raw_client::receive_until(std::string_view text) {
  while (input_.find(text) == std::string::npos && fill()) {
  }
  return std::exchange(input_, {});
}

std::string raw_client::receive_head() {
  std::size_t end = input_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!fill()) {
      return {};
    }
    end = input_.find("\r\n\r\n");
  }
  std::string head = input_.substr(0, end + 2);
  input_.erase(0, end + 4);
  return head;
}

std::optional<reply> raw_client::receive(bool head_only) {
  const std::string head = receive_head();
  if (head.empty()) {
    return std::nullopt;
  }
  reply got;
  got.status = std::stoi(head.substr(head.find(' ') + 1, 3));
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(": ", at);
    got.headers[lower(head.substr(at, colon - at))] = head.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  const std::string length = got.header("content-length");
  const std::size_t bytes = head_only || length.empty() ? 0 : std::stoul(length);
  while (input_.size() < bytes && fill()) {
  }
  got.body = input_.substr(0, bytes);
  input_.erase(0, bytes);
  return got;
}

bool raw_client::ended() {
  return input_.empty() && !fill();
}

reply exchange_once(std::uint16_t port, std::string_view bytes) {
  raw_client client(port);
  client.send(bytes);
  const auto got = client.receive();
  REQUIRE(got.has_value());
  return *got;
}

std::string request_text(std::string_view method, std::string_view target, std::string_view headers,
                         std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n");
  text.append(headers);
  if (!body.empty()) {
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  }
  return text.append("\r\n").append(body);
}

}  // namespace talaria::http::test
