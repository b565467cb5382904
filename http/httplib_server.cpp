#include "http/httplib_server.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <system_error>
#include <tuple>

namespace talaria::http {
namespace {

constexpr int backlog = 4096;
constexpr unsigned no_content = 204;

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

httplib_server::httplib_server(std::chrono::seconds idle, std::function<void(int)> adopt)
    : adopt_(std::move(adopt)) {
  new_task_queue = [] { return new inline_queue; };
  set_tcp_nodelay(true);
  set_keep_alive_timeout(idle.count());
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

std::string httplib_server::write(httplib::Response& answer, bool head_only, bool close) {
  prepared = &answer;
  memory_stream stream(head_only ? "HEAD / HTTP/1.1\r\n\r\n" : "POST / HTTP/1.1\r\n\r\n");
  bool closed = false;
  process_request(stream, close, closed, nullptr);
  prepared = nullptr;
  return std::move(stream.output);
}

/// cpp-httplib takes 5 us to write a head, a third of all that a submission costs here, and nearly
/// all heads differ in two places only: each thread has it write each kind once.
const httplib_server::head_text& httplib_server::head_of(unsigned status,
                                                         const std::string& content_type,
                                                         bool close) {
  thread_local std::map<std::tuple<unsigned, std::string, bool>, head_text> heads;
  head_text& head = heads[{status, content_type, close}];
  if (head.after_id.empty()) {
    static const std::string length = "Content-Length: ";
    static const std::string id = "X-Request-Id: ";
    httplib::Response bare;
    bare.status = static_cast<int>(status);
    bare.headers.emplace("Content-Type", content_type);
    bare.headers.emplace("X-Request-Id", "-");
    const std::string text = write(bare, false, close);
    const std::size_t length_at = text.find(length) + length.size();
    const std::size_t id_at = text.find(id) + id.size();
    head.before_length = text.substr(0, length_at);
    head.before_id = text.substr(length_at + 1, id_at - length_at - 1);
    head.after_id = text.substr(id_at + 1);
  }
  return head;
}

serialized_response httplib_server::serialize(response answer, const exchange_ticket& ticket,
                                              bool close) {
  const std::size_t static_bytes = answer.static_body.size();
  if (answer.headers.empty() && static_bytes == 0 && !answer.content_type.empty() &&
      !ticket.head_only && !answer.stream) {
    const head_text& head = head_of(answer.status, answer.content_type, close);
    const std::string length = std::to_string(answer.body.size());
    std::string text;
    text.reserve(head.before_length.size() + length.size() + head.before_id.size() +
                 ticket.request_id.size() + head.after_id.size() + answer.body.size());
    text.append(head.before_length)
        .append(length)
        .append(head.before_id)
        .append(ticket.request_id)
        .append(head.after_id)
        .append(answer.body);
    return {std::move(text), {}};
  }
  httplib::Response complete;
  complete.status = static_cast<int>(answer.status);
  // One byte stands for those that are not copied: only the head is wanted then.
  complete.body = static_bytes == 0 ? std::move(answer.body) : "-";
  if (!answer.content_type.empty()) {
    complete.headers.emplace("Content-Type", std::move(answer.content_type));
  }
  complete.headers.emplace("X-Request-Id", ticket.request_id);
  for (auto& [name, value] : answer.headers) {
    complete.set_header(name, value);
  }
  std::string text = write(complete, ticket.head_only || static_bytes > 0, close);
  if (static_bytes > 0) {
    static constexpr std::string_view stand_in = "Content-Length: 1\r\n";
    text.replace(text.find(stand_in), stand_in.size(),
                 "Content-Length: " + std::to_string(static_bytes) + "\r\n");
  }
  if (answer.status == no_content || answer.stream) {
    // RFC 9110, section 8.6, forbids what cpp-httplib adds; of a stream it would be a lie.
    static constexpr std::string_view forbidden = "Content-Length: 0\r\n";
    text.erase(std::min(text.find(forbidden), text.size()), forbidden.size());
  }
  return {std::move(text), ticket.head_only ? std::string_view() : answer.static_body};
}

}  // namespace talaria::http
