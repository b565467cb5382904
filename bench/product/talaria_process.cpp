#include "bench/product/talaria_process.hpp"

#include "bench/product/process_times.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>

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

}  // namespace

talaria_process::talaria_process(const std::filesystem::path& binary,
                                 const std::filesystem::path& directory,
                                 const std::string& store_url)
    : log_(directory / "talaria.log"),
      process_(to_command(binary, directory, store_url)),
      url_(wait_for_url()) {
}

posix::command_line talaria_process::to_command(const std::filesystem::path& binary,
                                                const std::filesystem::path& directory,
                                                const std::string& store_url) const {
  return {.arguments = {std::filesystem::absolute(binary).string(), "serve"},
          .environment = {{"TALARIA_HTTP_LISTEN", "127.0.0.1:0"},
                          {"TALARIA_LIMITS_REQUESTS_PER_MINUTE", "0"},
                          {"TALARIA_AUTH_BOOTSTRAP_KEY", key_},
                          {"TALARIA_STORE_URL", store_url},
                          {"TALARIA_DELIVERY_ALLOW_ADDRESSES", "127.0.0.0/8"},
                          {"TALARIA_SECRETS_KEY_FILE", (directory / "talaria.key").string()}},
          .log = log_,
          .truncates_log = true,
          .has_own_group = false};
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
    if (process_.wait(start_look_interval))
      break;
  }
  fail("Talaria did not start");
}

void talaria_process::stop() {
  process_.signal(SIGTERM);
  const auto code = process_.wait(stop_patience);
  if (!code)
    fail("Talaria did not stop");
  if (*code != 0)
    fail("Talaria did not end well");
}

std::chrono::nanoseconds talaria_process::cpu_time() const {
  const auto times = read_process_times(pid());
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
  const auto text = read_file(fmt::format("/proc/{}/status", pid()));
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
