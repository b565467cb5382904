#include "bench/product/talaria_process.hpp"

#include "bench/product/process_times.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <vector>

extern char** environ;

namespace talaria::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto start_patience = 30s;
constexpr auto start_look_interval = 5ms;
constexpr auto stop_patience = 60s;
constexpr std::size_t log_bytes_shown = 2000;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// This process's environment without settings of Talaria, which would change what is measured.
std::vector<std::string> environment_with(std::vector<std::string> settings) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    if (!text.starts_with("TALARIA_"))
      settings.emplace_back(text);
  }
  return settings;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

talaria_process::talaria_process(const std::filesystem::path& binary,
                                 const std::filesystem::path& directory,
                                 const std::string& store_url)
    : key_("benchmark-key-of-no-consequence"), log_(directory / "talaria.log") {
  spawn(binary, directory, store_url);
  // Not pidfd_open(): Debian 12's header declares it for C alone.
  handle_ = delivery::file_descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
  url_ = wait_for_url();
}

talaria_process::~talaria_process() {
  if (pid_ <= 0)
    return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void talaria_process::spawn(const std::filesystem::path& binary,
                            const std::filesystem::path& directory, const std::string& store_url) {
  auto environment =
      environment_with({"TALARIA_HTTP_LISTEN=127.0.0.1:0", "TALARIA_LIMITS_REQUESTS_PER_MINUTE=0",
                        "TALARIA_AUTH_BOOTSTRAP_KEY=" + key_, "TALARIA_STORE_URL=" + store_url,
                        "TALARIA_DELIVERY_ALLOW_ADDRESSES=127.0.0.0/8",
                        "TALARIA_SECRETS_KEY_FILE=" + (directory / "talaria.key").string()});
  std::vector<std::string> arguments{binary.string(), "serve"};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_.c_str(),
                                   O_CREAT | O_TRUNC | O_WRONLY, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const int failed = ::posix_spawn(&pid_, binary.c_str(), &actions, nullptr,
                                   pointers_to(arguments).data(), pointers_to(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    pid_ = -1;
    fail(fmt::format("{} cannot be started", binary.string()));
  }
}

std::string talaria_process::wait_for_url() {
  constexpr std::string_view before = "serves ";
  const auto deadline = std::chrono::steady_clock::now() + start_patience;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto text = read_file(log_);
    const auto found = text.find(before);
    if (found != std::string::npos && text.find('\n', found) != std::string::npos) {
      std::istringstream rest{text.substr(found + before.size())};
      std::string url;
      rest >> url;
      return url;
    }
    if (wait_for_end(start_look_interval))
      break;
  }
  fail("Talaria did not start");
}

bool talaria_process::wait_for_end(std::chrono::milliseconds patience) const {
  pollfd ended{.fd = handle_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&ended, 1, static_cast<int>(patience.count())) > 0;
}

void talaria_process::stop() {
  ::kill(pid_, SIGTERM);
  if (!wait_for_end(stop_patience))
    fail("Talaria did not stop");
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    fail("Talaria did not end well");
}

std::chrono::nanoseconds talaria_process::cpu_time() const {
  const auto times = read_process_times(pid_);
  if (!times)
    fail("Talaria has ended");
  return times->cpu;
}

std::uint64_t talaria_process::resident_bytes() const {
  return status_bytes("VmRSS:");
}

std::uint64_t talaria_process::resident_bytes_max() const {
  return status_bytes("VmHWM:");
}

std::uint64_t talaria_process::status_bytes(std::string_view name) const {
  const auto text = read_file(fmt::format("/proc/{}/status", pid_));
  const auto found = text.find(name);
  if (found == std::string::npos)
    fail("Talaria has ended");
  return std::stoull(text.substr(found + name.size())) * 1024;
}

void talaria_process::fail(const std::string& what) const {
  const auto text = read_file(log_);
  const auto shown = text.size() - std::min(text.size(), log_bytes_shown);
  throw std::runtime_error(fmt::format("{}; its log ends:\n{}", what, text.substr(shown)));
}

}  // namespace talaria::bench
