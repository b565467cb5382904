// cpp-httplib as it comes, with a thread for each connection: answers GET /health/live as Talaria
// does. `talaria_stock_server <threads>` prints its port and serves until it is killed.

#include <httplib.h>

#include <cstdio>
#include <cstdlib>
#include <limits>

int main(int argc, char** argv) {
  const std::size_t threads = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
  if (threads == 0) {
    std::fputs("talaria_stock_server <threads>\n", stderr);
    return EXIT_FAILURE;
  }
  httplib::Server server;
  server.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
  // Without these two it is slower still: answers wait for acknowledgements, and connections end
  // after five requests.
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(std::numeric_limits<std::int32_t>::max());
  server.set_keep_alive_timeout(75);
  server.Get("/health/live", [](const httplib::Request&, httplib::Response& answer) {
    answer.set_content(R"({"status":"ok"})", "application/json");
  });
  std::printf("%d\n", server.bind_to_any_port("127.0.0.1"));
  std::fflush(stdout);
  return server.listen_after_bind() ? EXIT_SUCCESS : EXIT_FAILURE;
}
