#include "chaos/socket_owner.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace talaria::chaos {

std::optional<std::uint64_t> connected_socket(std::uint16_t port) {
  const auto wanted = fmt::format("{:08X}:{:04X}", htonl(INADDR_LOOPBACK), port);
  constexpr auto established = "01";
  std::ifstream table{"/proc/net/tcp"};
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields{line};
    std::string slot, local, remote, state, queues, timer, retransmits, user, timeout;
    std::uint64_t inode = 0;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
        timeout >> inode;
    if (local == wanted && state == established)
      return inode;
  }
  return std::nullopt;
}

bool has_socket(pid_t process, std::uint64_t inode) {
  const auto wanted = fmt::format("socket:[{}]", inode);
  std::error_code error;
  std::filesystem::directory_iterator entry{fmt::format("/proc/{}/fd", process), error};
  // By a call that does not throw: the process may end meanwhile.
  for (; entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    if (std::filesystem::read_symlink(entry->path(), error) == wanted)
      return true;
  }
  return false;
}

}  // namespace talaria::chaos
