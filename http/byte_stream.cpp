#include "http/byte_stream.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace talaria::http {
namespace {

byte_stream::moved failed() {
  switch (errno) {
    case EINTR:
      return {byte_stream::outcome::some, 0, false};
    case EAGAIN:
#if EWOULDBLOCK != EAGAIN
    case EWOULDBLOCK:
#endif
      return {byte_stream::outcome::nothing_yet, 0, true};
    default:
      return {byte_stream::outcome::ended, 0, true};
  }
}

}  // namespace

byte_stream::moved plain_stream::receive(char* into, std::size_t bytes_max) {
  const ssize_t got = ::recv(socket_.get(), into, bytes_max, 0);
  if (got > 0) {
    const auto bytes = static_cast<std::size_t>(got);
    // A socket that gave less than asked is empty.
    return {outcome::some, bytes, bytes < bytes_max};
  }
  return got == 0 ? moved{} : failed();
}

byte_stream::moved plain_stream::send(const char* from, std::size_t bytes) {
  const ssize_t sent = ::send(socket_.get(), from, bytes, MSG_NOSIGNAL);
  return sent > 0 ? moved{outcome::some, static_cast<std::size_t>(sent), false} : failed();
}

void plain_stream::end_sending() {
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace talaria::http
