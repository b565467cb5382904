#include "bench/product/process_times.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace talaria::bench {

std::optional<process_times> read_process_times(pid_t process) {
  std::ifstream file{fmt::format("/proc/{}/stat", process)};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  // The name, in brackets, may hold anything: what follows it begins with the third field.
  std::istringstream fields{text.substr(std::min(text.rfind(')') + 2, text.size()))};
  const std::vector<std::string> values{std::istream_iterator<std::string>{fields}, {}};
  constexpr std::size_t parent_field = 4 - 3;
  constexpr std::size_t user_field = 14 - 3;
  constexpr std::size_t children_user_field = 16 - 3;
  if (values.size() <= children_user_field + 1)
    return std::nullopt;
  const auto time_at = [&](std::size_t first) {
    const auto ticks = std::stoll(values[first]) + std::stoll(values[first + 1]);
    return std::chrono::nanoseconds{std::chrono::seconds{1}} * ticks / ::sysconf(_SC_CLK_TCK);
  };
  return process_times{.parent = static_cast<pid_t>(std::stol(values[parent_field])),
                       .cpu = time_at(user_field),
                       .ended_children_cpu = time_at(children_user_field)};
}

}  // namespace talaria::bench
