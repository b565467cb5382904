#pragma once

#include "delivery/file_descriptor.hpp"

#include <cstddef>

namespace talaria::http {

/// How a connection's bytes get to its client and back: as they are, or through TLS. Owns the
/// socket, which does not block.
class byte_stream {
public:
  enum class outcome { some, nothing_yet, ended };

  struct moved {
    outcome result = outcome::ended;
    std::size_t bytes = 0;
    /// Only the socket's next edge brings more.
    bool exhausted = true;
  };

  virtual ~byte_stream() = default;

  virtual int socket() const = 0;

  /// @param bytes_max not 0
  virtual moved receive(char* into, std::size_t bytes_max) = 0;
  /// @param bytes not 0
  virtual moved send(const char* from, std::size_t bytes) = 0;

  /// Whether `receive` gave nothing because it had something to send first.
  virtual bool receives_when_writable() const { return false; }

  /// Tells the client that nothing more will come. What it still sends can be received.
  virtual void end_sending() = 0;
};

class plain_stream final : public byte_stream {
public:
  explicit plain_stream(delivery::file_descriptor socket) : socket_(std::move(socket)) {}

  int socket() const override { return socket_.get(); }
  moved receive(char* into, std::size_t bytes_max) override;
  moved send(const char* from, std::size_t bytes) override;
  void end_sending() override;

private:
  const delivery::file_descriptor socket_;
};

}  // namespace talaria::http
