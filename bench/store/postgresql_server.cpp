#include "bench/store/postgresql_server.hpp"

#include "bench/product/process_times.hpp"
#include "posix/child_process.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace talaria::bench {

namespace {

using std::chrono::nanoseconds;

/// Of the process whose child serves a connection, if that is one of this machine: a server
/// elsewhere names processes that are not here, or are something else.
pid_t parent_of(pid_t server_process) {
  std::ifstream file{fmt::format("/proc/{}/comm", server_process)};
  std::string name;
  std::getline(file, name);
  const auto times = read_process_times(server_process);
  return times && name == "postgres" ? times->parent : 0;
}

nanoseconds children_cpu_time(pid_t parent) {
  nanoseconds sum{0};
  for (const auto child : posix::children_of(parent)) {
    if (const auto times = read_process_times(child))
      sum += times->cpu;
  }
  return sum;
}

/// Where the database's name begins and ends: after the server, before the parameters.
std::pair<std::size_t, std::size_t> database_range(const std::string& url) {
  constexpr std::string_view after_scheme = "://";
  const auto end = std::min(url.find('?'), url.size());
  const auto slash = url.find('/', url.find(after_scheme) + after_scheme.size());
  return {std::min(slash, end), end};
}

}  // namespace

postgresql_server::postgresql_server(std::string url)
    : url_{std::move(url)}, connection_{url_}, parent_{parent_of(connection_.server_process())} {
}

std::string postgresql_server::make_database() {
  static int made = 0;
  const auto name = fmt::format("talaria_bench_{}_{}", ::getpid(), ++made);
  // Not from template1, which someone may have put something into.
  connection_.run(fmt::format("create database {} template template0", name));
  return with_database(url_, name);
}

void postgresql_server::drop_database(const std::string& url) {
  connection_.run(fmt::format("drop database if exists {} with (force)", database_of(url)));
}

nanoseconds postgresql_server::cpu_time() const {
  const auto times = parent_ == 0 ? std::nullopt : read_process_times(parent_);
  if (!times)
    return nanoseconds{0};
  return times->cpu + times->ended_children_cpu + children_cpu_time(parent_);
}

std::string postgresql_server::describe() {
  return fmt::format("PostgreSQL {}, fsync {}, synchronous_commit {}",
                     connection_.run("show server_version"), connection_.run("show fsync"),
                     connection_.run("show synchronous_commit"));
}

std::string with_database(const std::string& url, const std::string& database) {
  const auto [begin, end] = database_range(url);
  return url.substr(0, begin) + "/" + database + url.substr(end);
}

std::string database_of(const std::string& url) {
  const auto [begin, end] = database_range(url);
  return begin == end ? "" : url.substr(begin + 1, end - begin - 1);
}

}  // namespace talaria::bench
