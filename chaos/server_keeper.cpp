#include "chaos/server_keeper.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

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
/// As a fault that was injected ends it, and SIGKILL.
constexpr int exit_killed = 137;

/// Free a moment ago. Talaria binds it again and again, so it cannot choose one by itself.
std::uint16_t free_port() {
  const delivery::file_descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), generic, size) != 0 || ::getsockname(socket.get(), generic, &size) != 0)
    throw std::runtime_error("no port is free");
  return ntohs(address.sin_port);
}

std::string variable_of(std::string_view setting) {
  std::string name = "TALARIA_";
  for (const char each : setting)
    name += each == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(each)));
  return name;
}

std::string name_of(std::uint32_t node) {
  return fmt::format("chaos-{}", node);
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

struct server_keeper::process {
  process(const posix::command_line& command, std::uint32_t node, std::uint16_t port)
      : node{node}, port{port}, log{command.log}, log_begin{size_of(log)}, child{command} {}

  bool has_served() const {
    return read_from(log, log_begin).find(" serves http") != std::string::npos;
  }

  std::uint32_t node;
  std::uint16_t port;
  std::filesystem::path log;
  std::uintmax_t log_begin;
  posix::child_process child;
  steady::time_point started_at = steady::now();
  /// When the first of its tries to start began.
  steady::time_point begun_at = started_at;
  bool serves = false;
  bool is_killed = false;
};

server_keeper::server_keeper(options options, const run_clock& clock)
    : options_{std::move(options)}, clock_{clock}, current_{start(1, free_port())} {
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

std::unique_ptr<server_keeper::process> server_keeper::start(std::uint32_t node,
                                                             std::uint16_t port) const {
  std::map<std::string, std::string> environment{
      {"TALARIA_AUTH_BOOTSTRAP_KEY", key_},
      {"TALARIA_STORE_URL", options_.store_url},
      {"TALARIA_HTTP_LISTEN", fmt::format("127.0.0.1:{}", port)},
      {"TALARIA_LIMITS_REQUESTS_PER_MINUTE", "0"},
      {"TALARIA_DELIVERY_ALLOW_ADDRESSES", "127.0.0.0/8"},
      {"TALARIA_NODE_NAME", name_of(node)},
      {"TALARIA_SECRETS_KEY_FILE", (options_.directory / "talaria.key").string()}};
  for (const auto& [setting, value] : options_.settings)
    environment.insert_or_assign(variable_of(setting), value);
  return std::make_unique<process>(
      posix::command_line{.arguments = {options_.binary.string(), "serve"},
                          .environment = std::move(environment),
                          .log = options_.directory / fmt::format("talaria-{}.log", node)},
      node, port);
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
    if (now.serves || now.is_killed || steady::now() - now.started_at > restart_pause)
      restart(now, *code);
    return;
  }
  if (now.serves || !now.has_served())
    return;
  now.serves = true;
  if (former_ && !takeovers_.empty() && takeovers_.back().claimed_at == moment::max())
    takeovers_.back().claimed_at = clock_.now();
}

void server_keeper::restart(process& ended, int code) {
  const auto begun_at = ended.serves ? steady::now() : ended.begun_at;
  const bool is_expected = ended.is_killed || code == exit_killed;
  if (ended.serves || is_expected)
    ++ends_;
  if (ended.serves && !is_expected)
    problems_.push_back(fmt::format("Talaria ended by itself, with {}", code));
  if (steady::now() - begun_at > start_patience) {
    problems_.push_back(fmt::format("Talaria does not start: it ends with {}", code));
    stopping_ = true;
    return;
  }
  current_ = start(ended.node, ended.port);
  current_->begun_at = begun_at;
}

void server_keeper::kill() {
  const std::scoped_lock lock{mutex_};
  current_->is_killed = true;
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

void server_keeper::take_over() {
  const std::scoped_lock lock{mutex_};
  current_->child.signal(SIGSTOP);
  former_ = std::move(current_);
  current_ = start(++nodes_, free_port());
  // Until it serves, nobody knows.
  takeovers_.push_back({.from_node = name_of(former_->node),
                        .to_node = name_of(nodes_),
                        .claimed_at = moment::max()});
}

void server_keeper::resume_former() {
  const std::scoped_lock lock{mutex_};
  if (former_)
    former_->child.signal(SIGCONT);
}

void server_keeper::end_former() {
  const std::scoped_lock lock{mutex_};
  if (former_) {
    former_.reset();
    takeovers_.back().ended_at = clock_.now() + arrival_patience;
    ++ends_;
  }
}

std::vector<takeover> server_keeper::takeovers() const {
  const std::scoped_lock lock{mutex_};
  return takeovers_;
}

bool server_keeper::wait_until_serving(std::chrono::milliseconds patience) const {
  const auto until = steady::now() + patience;
  while (steady::now() < until && !stopping_) {
    {
      const std::scoped_lock lock{mutex_};
      if (current_->serves)
        return true;
    }
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

std::vector<std::string> server_keeper::problems() const {
  const std::scoped_lock lock{mutex_};
  return problems_;
}

}  // namespace talaria::chaos
