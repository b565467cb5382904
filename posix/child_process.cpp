#include "posix/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>

extern char** environ;

namespace talaria::posix {

namespace {

/// This process's environment without settings of Talaria, which are not meant for the other one.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& settings) {
  std::vector<std::string> made;
  for (const auto& [name, value] : settings)
    made.push_back(fmt::format("{}={}", name, value));
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    if (!text.starts_with("TALARIA_"))
      made.emplace_back(text);
  }
  return made;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t spawn(const command_line& command) {
  auto arguments = command.arguments;
  auto environment = environment_with(command.environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(
      &actions, STDOUT_FILENO, command.log.c_str(),
      O_CREAT | O_APPEND | O_WRONLY | (command.truncates_log ? O_TRUNC : 0), 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, command.has_own_group ? POSIX_SPAWN_SETPGROUP : 0);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t made = -1;
  const int failed = ::posix_spawnp(&made, arguments.front().c_str(), &actions, &attributes,
                                    pointers_to(arguments).data(), pointers_to(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    throw std::runtime_error(
        fmt::format("{} cannot be started: {}", arguments.front(), std::strerror(failed)));
  return made;
}

/// Readable once the process has ended. Invalid if it is not there.
///
/// Not pidfd_open(): Debian 12's header declares it for C alone.
delivery::file_descriptor open_process(pid_t process) {
  return delivery::file_descriptor{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))};
}

bool is_readable(const delivery::file_descriptor& handle, std::chrono::milliseconds patience) {
  pollfd end{.fd = handle.get(), .events = POLLIN, .revents = 0};
  return ::poll(&end, 1, static_cast<int>(patience.count())) > 0;
}

std::optional<pid_t> parent_of(pid_t process) {
  std::ifstream file{fmt::format("/proc/{}/stat", process)};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos)
    return std::nullopt;
  std::istringstream fields{text.substr(name_end + 1)};
  std::string state;
  pid_t parent = 0;
  fields >> state >> parent;
  return parent;
}

}  // namespace

child_process::child_process(const command_line& command)
    : pid_{spawn(command)}, handle_{open_process(pid_)} {
}

child_process::~child_process() {
  if (ended_)
    return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void child_process::signal(int number) const {
  if (!ended_)
    ::kill(pid_, number);
}

std::optional<int> child_process::wait(std::chrono::milliseconds patience) {
  if (ended_)
    return ended_;
  if (!is_readable(handle_, patience))
    return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) == pid_)
    ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended_;
}

void run_command(const command_line& command, std::chrono::seconds patience) {
  child_process process{command};
  const auto ended = process.wait(patience);
  if (!ended || *ended != 0)
    throw std::runtime_error(fmt::format(
        "{} {}; see {}", fmt::join(command.arguments, " "),
        ended ? fmt::format("ended with {}", *ended) : "did not end", command.log.string()));
}

bool wait_for_end(pid_t process, std::chrono::milliseconds patience) {
  const auto handle = open_process(process);
  return !handle.valid() || is_readable(handle, patience);
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc", ignored}) {
    const auto name = entry.path().filename().string();
    pid_t process = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
    if (error == std::errc{} && end == name.data() + name.size() && parent_of(process) == parent)
      found.push_back(process);
  }
  return found;
}

}  // namespace talaria::posix
