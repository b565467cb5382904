#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

/// Whose a connection within this machine is, as Linux tells it in /proc (proc(5)).
namespace talaria::chaos {

/// The inode of the socket that is connected from this port of 127.0.0.1; nothing if there is none.
std::optional<std::uint64_t> connected_socket(std::uint16_t port);

/// Whether a process has the socket among its descriptors; false too if it may not be asked.
bool has_socket(pid_t process, std::uint64_t inode);

}  // namespace talaria::chaos
