#pragma once

#include "delivery/file_descriptor.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace talaria::posix {

struct command_line {
  /// The first is the program, sought in PATH.
  std::vector<std::string> arguments;
  /// Beside the caller's, without any settings of Talaria in it.
  std::map<std::string, std::string> environment{};
  /// Its output is appended to it.
  std::filesystem::path log;
  /// Of what was in the log before, nothing is left.
  bool truncates_log = false;
  /// A group of processes of its own: whoever interrupts the caller from a terminal does not
  /// interrupt it.
  bool has_own_group = true;
};

/// A process that was started; killed with this object, at the latest. One thread at a time.
class child_process {
public:
  /// @throws std::runtime_error if it cannot be started.
  explicit child_process(const command_line& command);
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Returns its end as a shell has it (128 and the signal's number for one that was killed), or
  /// nothing if it goes on for so long. The same again when asked again.
  std::optional<int> wait(std::chrono::milliseconds patience);

private:
  pid_t pid_ = -1;
  delivery::file_descriptor handle_;
  std::optional<int> ended_;
};

/// Runs a command to its end.
///
/// @throws std::runtime_error if it fails or takes too long.
void run_command(const command_line& command, std::chrono::seconds patience);

/// Waits for the end of a process, which need not be a child. One that is not there has ended.
///
/// @returns whether it has ended in time.
bool wait_for_end(pid_t process, std::chrono::milliseconds patience);

/// Those whose parent it is.
std::vector<pid_t> children_of(pid_t parent);

}  // namespace talaria::posix
