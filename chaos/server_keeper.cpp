#include "chaos/server_keeper.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chaos/socket_owner.hpp"
#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace talaria::chaos {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto look_interval = 10ms;
constexpr auto restart_pause = 200ms;
/// What was sent is read by then.
constexpr auto arrival_patience = 2s;
/// While its store is away, it cannot start either.
constexpr auto start_patience = 90s;
constexpr auto stop_patience = 60s;
/// Until a process learns that another one is its node, and has ended.
constexpr auto learn_patience = 40s;
/// As a fault that was injected ends it, and SIGKILL.
constexpr int exit_killed = 137;
/// With what a process ends, and what it says, when it is the node no longer.
constexpr int exit_failed = 1;
constexpr std::string_view buried = "the cluster has buried this node";
/// What connections are given is above it.
constexpr std::uint16_t port_min = 20'000;
constexpr std::uint16_t port_max = 32'000;

bool is_free(std::uint16_t port) {
  const delivery::file_descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

std::string variable_of(std::string_view setting) {
  std::string name = "TALARIA_";
  for (const char each : setting)
    name += each == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(each)));
  return name;
}

std::string read_from(const std::filesystem::path& path, std::uintmax_t offset) {
  std::ifstream file{path};
  file.seekg(static_cast<std::streamoff>(offset));
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::uintmax_t size_of(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(path, ignored);
  return ignored ? 0 : size;
}

std::uint64_t resident_bytes_of(pid_t process) {
  constexpr std::string_view name = "VmRSS:";
  const auto text = read_from(fmt::format("/proc/{}/status", process), 0);
  const auto found = text.find(name);
  return found == std::string::npos ? 0 : std::stoull(text.substr(found + name.size())) * 1024;
}

std::uint64_t descriptors_of(pid_t process) {
  std::error_code ignored;
  const std::filesystem::directory_iterator list{fmt::format("/proc/{}/fd", process), ignored};
  return static_cast<std::uint64_t>(std::distance(begin(list), end(list)));
}

}  // namespace

std::uint16_t free_port() {
  static std::mutex mutex;
  static std::uint16_t next = static_cast<std::uint16_t>(
      port_min + static_cast<unsigned>(::getpid()) % (port_max - port_min));
  const std::scoped_lock lock{mutex};
  for (int tries = 0; tries < port_max - port_min; ++tries) {
    const auto port = next++;
    if (next == port_max)
      next = port_min;
    if (is_free(port))
      return port;
  }
  throw std::runtime_error("no port is free");
}

struct server_keeper::process {
  process(const posix::command_line& command, std::string name, std::uint16_t port)
      : name{std::move(name)},
        port{port},
        log{command.log},
        log_begin{size_of(log)},
        child{command} {}

  bool has_said(std::string_view text) const {
    return read_from(log, log_begin).find(text) != std::string::npos;
  }
  bool has_served() const { return has_said(" serves http"); }
  bool was_buried(int code) const { return code == exit_failed && has_said(buried); }

  std::string name;
  std::uint16_t port;
  std::filesystem::path log;
  std::uintmax_t log_begin;
  posix::child_process child;
  steady::time_point started_at = steady::now();
  /// When the first of its tries to start began.
  steady::time_point begun_at = started_at;
  /// Once it has ended.
  steady::time_point stays_down_until{};
  bool serves = false;
  bool is_killed = false;
  bool is_asked_to_end = false;
  bool has_ended = false;
};

server_keeper::server_keeper(options options, const run_clock& clock)
    : options_{std::move(options)}, clock_{clock} {
  current_ = start(free_port(), fmt::format("talaria-{}.log", name()));
  thread_ = std::thread([this] { keep(); });
  if (wait_until_serving(start_patience) && problems().empty())
    return;
  stopping_ = true;
  thread_.join();
  throw std::runtime_error(fmt::format("Talaria does not start; see {}", current_->log.string()));
}

server_keeper::~server_keeper() {
  stopping_ = true;
  if (thread_.joinable())
    thread_.join();
}

std::unique_ptr<server_keeper::process> server_keeper::start(std::uint16_t port,
                                                             const std::string& log) {
  const auto process_name = fmt::format("{}.{}", name(), ++processes_);
  auto store_url = options_.store_url;
  if (store_url.starts_with("postgresql:"))
    store_url += fmt::format("&application_name={}", process_name);
  std::map<std::string, std::string> environment{
      {"TALARIA_AUTH_BOOTSTRAP_KEY", key_},
      {"TALARIA_STORE_URL", store_url},
      {"TALARIA_HTTP_LISTEN", fmt::format("127.0.0.1:{}", port)},
      {"TALARIA_LIMITS_REQUESTS_PER_MINUTE", "0"},
      {"TALARIA_DELIVERY_ALLOW_ADDRESSES", "127.0.0.0/8"},
      {"TALARIA_NODE_NAME", name()},
      {"TALARIA_SECRETS_KEY_FILE", (options_.directory / "talaria.key").string()}};
  for (const auto& [setting, value] : options_.settings)
    environment.insert_or_assign(variable_of(setting), value);
  return std::make_unique<process>(
      posix::command_line{.arguments = {options_.binary.string(), "serve"},
                          .environment = std::move(environment),
                          .log = options_.directory / log},
      process_name, port);
}

std::string server_keeper::url() const {
  const std::scoped_lock lock{mutex_};
  return fmt::format("http://127.0.0.1:{}", current_->port);
}

void server_keeper::keep() {
  while (!stopping_) {
    {
      const std::scoped_lock lock{mutex_};
      look_after();
    }
    std::this_thread::sleep_for(look_interval);
  }
}

void server_keeper::look_after() {
  auto& now = *current_;
  if (const auto code = now.child.wait(0ms)) {
    note_end(now, *code);
    const bool is_early =
        !now.serves && !now.is_killed && steady::now() - now.started_at <= restart_pause;
    if (!is_early && !is_down_ && steady::now() >= now.stays_down_until)
      restart(now, *code);
    return;
  }
  if (now.serves || !now.has_served())
    return;
  now.serves = true;
  if (former_ && !takeovers_.empty() && takeovers_.back().claimed_at == moment::max())
    takeovers_.back().claimed_at = clock_.now();
}

void server_keeper::add_problem(const std::string& what) {
  problems_.push_back(fmt::format("{}: {}", name(), what));
}

/// Once for each.
void server_keeper::note_end(process& ended, int code) {
  if (std::exchange(ended.has_ended, true))
    return;
  process_ends_.push_back({ended.name, clock_.now()});
  if (ended.is_asked_to_end) {
    if (code != 0 && !ended.was_buried(code))
      add_problem(fmt::format("asked to end, it ended with {}", code));
    return;
  }
  const bool is_expected = ended.is_killed || code == exit_killed || ended.was_buried(code);
  if (ended.serves || is_expected)
    ++ends_;
  if (ended.serves && !is_expected)
    add_problem(fmt::format("it ended by itself, with {}", code));
}

void server_keeper::restart(process& ended, int code) {
  const bool was_there = ended.serves || ended.is_killed;
  const auto begun_at = was_there ? steady::now() : ended.begun_at;
  if (steady::now() - begun_at > start_patience) {
    add_problem(fmt::format("it does not start: it ends with {}", code));
    stopping_ = true;
    return;
  }
  current_ = start(ended.port, ended.log.filename());
  current_->begun_at = begun_at;
}

void server_keeper::kill(std::chrono::milliseconds stays_down) {
  const std::scoped_lock lock{mutex_};
  current_->is_killed = true;
  current_->stays_down_until = steady::now() + stays_down;
  current_->child.signal(SIGKILL);
}

void server_keeper::pause() {
  const std::scoped_lock lock{mutex_};
  current_->child.signal(SIGSTOP);
}

void server_keeper::resume() {
  const std::scoped_lock lock{mutex_};
  current_->child.signal(SIGCONT);
}

std::optional<rlimit> server_keeper::limit(__rlimit_resource resource, rlim_t bound) {
  const std::scoped_lock lock{mutex_};
  const auto pid = current_->child.pid();
  rlimit former{};
  if (::prlimit(pid, resource, nullptr, &former) != 0)
    return std::nullopt;
  // The hard bound stays: not everybody may raise it again.
  const rlimit wanted{.rlim_cur = std::min(bound, former.rlim_max), .rlim_max = former.rlim_max};
  if (::prlimit(pid, resource, &wanted, nullptr) != 0)
    return std::nullopt;
  return former;
}

void server_keeper::give_back(__rlimit_resource resource, rlimit former) {
  const std::scoped_lock lock{mutex_};
  ::prlimit(current_->child.pid(), resource, &former, nullptr);
}

std::optional<resources> server_keeper::usage() const {
  const std::scoped_lock lock{mutex_};
  const auto pid = current_->child.pid();
  resources used{.resident_bytes = resident_bytes_of(pid), .descriptors = descriptors_of(pid)};
  if (used.resident_bytes == 0)
    return std::nullopt;
  return used;
}

bool server_keeper::has_socket(std::uint64_t socket) const {
  const std::scoped_lock lock{mutex_};
  const auto has = [&](const auto& each) {
    return each && chaos::has_socket(each->child.pid(), socket);
  };
  return has(current_) || has(former_);
}

bool server_keeper::go_down() {
  {
    const std::scoped_lock lock{mutex_};
    is_down_ = true;
    current_->is_asked_to_end = true;
    current_->child.signal(SIGTERM);
  }
  const auto until = steady::now() + stop_patience;
  while (steady::now() < until) {
    {
      const std::scoped_lock lock{mutex_};
      if (current_->has_ended)
        return true;
    }
    std::this_thread::sleep_for(look_interval);
  }
  kill();
  return false;
}

void server_keeper::use(const std::filesystem::path& binary) {
  const std::scoped_lock lock{mutex_};
  options_.binary = binary;
}

void server_keeper::come_back() {
  const std::scoped_lock lock{mutex_};
  is_down_ = false;
}

void server_keeper::take_over(const std::map<std::string, std::string>& changes) {
  const std::scoped_lock lock{mutex_};
  for (const auto& [setting, value] : changes)
    options_.settings.insert_or_assign(setting, value);
  current_->child.signal(SIGSTOP);
  former_ = std::move(current_);
  // Both write to their logs from now on.
  current_ = start(free_port(), fmt::format("talaria-{}-{}.log", name(), ++successors_ + 1));
  // Until it serves, nobody knows.
  takeovers_.push_back(
      {.from_node = former_->name, .to_node = current_->name, .claimed_at = moment::max()});
}

void server_keeper::resume_former() {
  const std::scoped_lock lock{mutex_};
  if (former_)
    former_->child.signal(SIGCONT);
}

void server_keeper::end_former() {
  std::unique_ptr<process> former;
  {
    const std::scoped_lock lock{mutex_};
    former = std::move(former_);
  }
  if (!former)
    return;
  const auto code = former->child.wait(learn_patience);
  const std::scoped_lock lock{mutex_};
  if (!code)
    add_problem("the process that was succeeded did not end");
  else if (!former->was_buried(*code) && *code != exit_killed)
    add_problem(fmt::format("the process that was succeeded ended with {}", *code));
  former.reset();
  process_ends_.push_back({takeovers_.back().from_node, clock_.now()});
  takeovers_.back().ended_at = clock_.now() + arrival_patience;
  ++ends_;
}

std::vector<takeover> server_keeper::takeovers() const {
  const std::scoped_lock lock{mutex_};
  return takeovers_;
}

bool server_keeper::is_serving() const {
  const std::scoped_lock lock{mutex_};
  return current_->serves && !current_->has_ended;
}

bool server_keeper::wait_until_serving(std::chrono::milliseconds patience) const {
  const auto until = steady::now() + patience;
  while (steady::now() < until && !stopping_) {
    if (is_serving())
      return true;
    std::this_thread::sleep_for(look_interval);
  }
  return false;
}

std::optional<int> server_keeper::stop() {
  stopping_ = true;
  if (thread_.joinable())
    thread_.join();
  const std::scoped_lock lock{mutex_};
  current_->child.signal(SIGTERM);
  return current_->child.wait(stop_patience);
}

std::uint64_t server_keeper::ends() const {
  const std::scoped_lock lock{mutex_};
  return ends_;
}

std::vector<process_end> server_keeper::process_ends() const {
  const std::scoped_lock lock{mutex_};
  return process_ends_;
}

std::vector<std::string> server_keeper::problems() const {
  const std::scoped_lock lock{mutex_};
  return problems_;
}

}  // namespace talaria::chaos
