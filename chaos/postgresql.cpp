#include "chaos/postgresql.hpp"

#include "posix/child_process.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "chaos/store_reader.hpp"
#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace talaria::chaos {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;
/// More than a long run writes. It takes memory as it is used.
constexpr auto disk_options = "size=8g,mode=0700";
constexpr auto user = "postgres";

/// Of the newest version that is installed.
std::filesystem::path find_programs() {
  std::filesystem::path found;
  int newest = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{"/usr/lib/postgresql", ignored}) {
    const auto name = entry.path().filename().string();
    int version = 0;
    std::from_chars(name.data(), name.data() + name.size(), version);
    if (version > newest && std::filesystem::exists(entry.path() / "bin" / "initdb")) {
      newest = version;
      found = entry.path() / "bin";
    }
  }
  if (found.empty())
    throw std::runtime_error("PostgreSQL is not installed here (/usr/lib/postgresql)");
  return found;
}

std::optional<pid_t> first_process(const std::filesystem::path& data) {
  std::ifstream file{data / "postmaster.pid"};
  pid_t process = 0;
  if (file >> process)
    return process;
  return std::nullopt;
}

}  // namespace

postgresql::postgresql(std::filesystem::path log)
    : log_{std::move(log)}, is_root_{::geteuid() == 0}, programs_{find_programs()} {
  try {
    make();
    start();
  } catch (...) {
    unmount();
    throw;
  }
}

postgresql::~postgresql() {
  try {
    resume();
    stop("immediate");
  } catch (const std::exception&) {
    // It had ended already.
  }
  unmount();
}

void postgresql::make() {
  if (is_root_)
    mount();
  run({programs_ / "initdb", "--pgdata", data(), "--username", "talaria", "--auth", "trust",
       "--encoding", "UTF8", "--locale", "C", "--no-instructions"});
  std::ofstream settings{data() / "postgresql.conf", std::ios::app};
  settings << "listen_addresses = ''\n"
           << fmt::format("unix_socket_directories = '{}'\n", directory().string())
           << "max_connections = 200\nmax_wal_size = 64MB\n";
  if (!settings.flush())
    throw std::runtime_error("PostgreSQL's settings cannot be written");
}

void postgresql::mount() {
  is_mounted_ = ::mount("tmpfs", directory().c_str(), "tmpfs", 0, disk_options) == 0;
  const auto* found = ::getpwnam(user);
  if (found == nullptr || ::chown(directory().c_str(), found->pw_uid, found->pw_gid) != 0)
    throw std::runtime_error("PostgreSQL does not run as root, and there is no user postgres");
}

void postgresql::unmount() {
  if (is_mounted_)
    ::umount2(directory().c_str(), MNT_DETACH);
}

void postgresql::run(std::vector<std::string> arguments) const {
  if (is_root_) {
    const std::array<std::string, 4> as_user{"runuser", "-u", user, "--"};
    arguments.insert(arguments.begin(), as_user.begin(), as_user.end());
  }
  posix::run_command({.arguments = std::move(arguments), .log = log_}, patience);
}

void postgresql::control(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all{programs_ / "pg_ctl", "--pgdata", data(), "--wait"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  run(std::move(all));
}

std::string postgresql::url() const {
  return fmt::format("postgresql:///postgres?host={}&user=talaria", directory().string());
}

std::string postgresql::url_at(std::uint16_t port) const {
  return fmt::format("postgresql://talaria@127.0.0.1:{}/postgres?sslmode=disable", port);
}

std::filesystem::path postgresql::socket() const {
  return directory() / ".s.PGSQL.5432";
}

void postgresql::start() {
  control({"--log", directory() / "log", "start"});
}

void postgresql::stop(const std::string& mode) {
  control({"--mode", mode, "stop"});
}

bool postgresql::runs() const {
  return ask_postgresql(url(), "select 1");
}

void postgresql::recover() {
  if (runs())
    return;
  try {
    stop("immediate");
  } catch (const std::runtime_error&) {
    // It had ended already.
  }
  start();
}

void postgresql::signal_all(int number) const {
  const auto first = first_process(data());
  if (!first)
    return;
  ::kill(*first, number);
  for (const auto child : posix::children_of(*first))
    ::kill(child, number);
}

void postgresql::pause() {
  signal_all(SIGSTOP);
}

void postgresql::resume() {
  signal_all(SIGCONT);
}

void postgresql::terminate_backends() {
  const bool asked =
      ask_postgresql(url(),
                     "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                     "where backend_type = 'client backend' and pid <> pg_backend_pid()");
  if (!asked)
    throw std::runtime_error("PostgreSQL does not answer");
}

/// By making it as small as what is on it.
bool postgresql::fill_disk() {
  struct statvfs disk {};
  if (!is_mounted_ || ::statvfs(directory().c_str(), &disk) != 0)
    return false;
  const auto used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize;
  return ::mount("tmpfs", directory().c_str(), "tmpfs", MS_REMOUNT,
                 fmt::format("size={}", used).c_str()) == 0;
}

void postgresql::free_disk() {
  if (is_mounted_)
    ::mount("tmpfs", directory().c_str(), "tmpfs", MS_REMOUNT, disk_options);
}

}  // namespace talaria::chaos
