#include "http/httplib_server.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

namespace talaria::http {
namespace {

constexpr int backlog = 4096;

/// Stands in for a socket: gives a bare request line to `process_request`, and takes the response.
class memory_stream final : public httplib::Stream {
public:
  explicit memory_stream(std::string_view input) : input_(input) { output.reserve(512); }

  std::string output;

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, size_t bytes) override {
    bytes = std::min(bytes, input_.size());
    input_.copy(into, bytes);
    input_.remove_prefix(bytes);
    return static_cast<ssize_t>(bytes);
  }
  ssize_t write(const char* from, size_t bytes) override {
    output.append(from, bytes);
    return static_cast<ssize_t>(bytes);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

private:
  std::string_view input_;
};

/// Runs what the accept loop has to say in the accept loop: adopting a socket does not block.
class inline_queue final : public httplib::TaskQueue {
public:
  void enqueue(std::function<void()> task) override { task(); }
  void shutdown() override {}
};

/// What the response being written on this thread consists of.
thread_local httplib::Response* prepared = nullptr;

}  // namespace

httplib_server::httplib_server(std::function<void(int)> adopt) : adopt_(std::move(adopt)) {
  new_task_queue = [] { return new inline_queue; };
  set_tcp_nodelay(true);
  set_keep_alive_max_count(std::numeric_limits<std::int32_t>::max());
  // Without SO_REUSEPORT, which is the default, a second Talaria at the same port fails to start.
  set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  set_pre_routing_handler([](const httplib::Request&, httplib::Response& answer) {
    answer.status = prepared->status;
    answer.headers.swap(prepared->headers);
    answer.body.swap(prepared->body);
    return HandlerResponse::Handled;
  });
}

domain::result<std::uint16_t> httplib_server::bind(const std::string& address, std::uint16_t port) {
  errno = 0;
  const int bound = port == 0 ? bind_to_any_port(address) : bind_to_port(address, port) ? port : -1;
  if (bound <= 0) {
    const std::string reason =
        errno != 0 ? std::system_category().message(errno) : "no such address";
    return domain::fail(domain::ec::conflict, "cannot listen on " + address + " port " +
                                                  std::to_string(port) + ": " + reason);
  }
  // cpp-httplib's backlog of five refuses clients that come together.
  ::listen(svr_sock_, backlog);
  return static_cast<std::uint16_t>(bound);
}

bool httplib_server::process_and_close_socket(socket_t socket) {
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  ::fcntl(socket, F_SETFL, O_NONBLOCK);
  adopt_(socket);
  return true;
}

std::string httplib_server::serialize(response answer, const exchange_ticket& ticket, bool close) {
  httplib::Response complete;
  complete.status = static_cast<int>(answer.status);
  complete.body = std::move(answer.body);
  if (!answer.content_type.empty()) {
    complete.headers.emplace("Content-Type", std::move(answer.content_type));
  }
  complete.headers.emplace("X-Request-Id", ticket.request_id);
  for (auto& [name, value] : answer.headers) {
    complete.set_header(name, value);
  }
  prepared = &complete;
  memory_stream stream(ticket.head_only ? "HEAD / HTTP/1.1\r\n\r\n" : "POST / HTTP/1.1\r\n\r\n");
  bool closed = false;
  process_request(stream, close, closed, nullptr);
  prepared = nullptr;
  return std::move(stream.output);
}

}  // namespace talaria::http
