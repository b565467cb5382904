#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::http::test {

struct reply {
  int status = 0;
  /// Names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;

  std::string header(const std::string& name) const;
  bool contains(std::string_view text) const { return body.find(text) != std::string::npos; }
};

/// A client that sends exactly the bytes it is given. It waits for answers, and fails the test if
/// one does not come within half a minute.
class raw_client {
public:
  /// @param from The loopback address to connect from.
  explicit raw_client(std::uint16_t port, const char* from = "127.0.0.1");
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  ~raw_client();

  void send(std::string_view bytes);
  /// Says that nothing more will be sent.
  void end_sending();

  /// The next response. @returns nothing if the connection ends first.
  std::optional<reply> receive(bool head_only = false);
  /// The next bytes as they are, up to an empty line.
  std::string receive_head();
  /// The next bytes as they are, until they contain the text or the connection ends.
  std::string receive_until(std::string_view text);
  /// Whether the server ends the connection without sending more.
  bool ended();

private:
  bool fill();

  int socket_;
  std::string input_;
};

/// One request on a connection of its own.
reply exchange_once(std::uint16_t port, std::string_view bytes);

/// A request with a body, if there is one, and headers of the form `Name: value\r\n`.
std::string request_text(std::string_view method, std::string_view target,
                         std::string_view headers = {}, std::string_view body = {});

}  // namespace talaria::http::test
