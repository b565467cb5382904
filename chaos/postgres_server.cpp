#include "chaos/postgres_server.hpp"

#include "posix/child_process.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "chaos/store_reader.hpp"
#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <optional>
#include <sstream>
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

/// What the first process has written down of itself: its number is in the first line, that of its
/// shared memory the last number of the seventh.
struct first_process {
  std::optional<pid_t> number;
  std::optional<int> memory;
};

first_process read_first_process(const std::filesystem::path& data) {
  constexpr int memory_line = 7;
  std::ifstream file{data / "postmaster.pid"};
  first_process found;
  std::string text;
  for (int line = 1; line <= memory_line && std::getline(file, text); ++line) {
    std::istringstream words{text};
    int first = 0;
    int second = 0;
    words >> first >> second;
    if (line == 1 && first > 0)
      found.number = first;
    if (line == memory_line && words)
      found.memory = second;
  }
  return found;
}

std::string synchronous_setting(const std::string& names) {
  return fmt::format("synchronous_standby_names = '{}'\n", names);
}

/// As an answer of `ask_postgresql`.
std::string ask(const postgres_server& server, const std::string& query) {
  auto answer = ask_postgresql(server.url(), query);
  if (!answer)
    throw std::runtime_error(fmt::format("PostgreSQL ({}) does not answer", server.name()));
  return *std::move(answer);
}

}  // namespace

postgres_server::postgres_server(options options)
    : options_{std::move(options)}, is_root_{::geteuid() == 0}, programs_{find_programs()} {
  if (is_root_)
    mount();
}

postgres_server::~postgres_server() {
  try {
    resume();
    stop("immediate");
  } catch (const std::exception&) {
    // It had ended already.
  }
  unmount();
}

void postgres_server::mount() {
  const auto* found = ::getpwnam(user);
  if (found == nullptr)
    throw std::runtime_error("PostgreSQL does not run as root, and there is no user postgres");
  is_mounted_ = ::mount("tmpfs", directory().c_str(), "tmpfs", 0, disk_options) == 0;
  if (::chown(directory().c_str(), found->pw_uid, found->pw_gid) == 0)
    return;
  unmount();
  throw std::runtime_error("PostgreSQL's directory cannot be given to the user postgres");
}

void postgres_server::unmount() {
  if (is_mounted_)
    ::umount2(directory().c_str(), MNT_DETACH);
}

/// Of whom it follows.
std::string postgres_server::primary_setting(const postgres_server* primary) const {
  return fmt::format("primary_conninfo = '{}'\n",
                     primary == nullptr ? ""
                                        : fmt::format("host={} user=talaria application_name={}",
                                                      primary->directory().string(), name()));
}

void postgres_server::make() {
  run({programs_ / "initdb", "--pgdata", data(), "--username", "talaria", "--auth", "trust",
       "--encoding", "UTF8", "--locale", "C", "--no-instructions"});
  add_settings("listen_addresses = ''\nmax_connections = 200\nmax_wal_size = 64MB\n");
  add_settings(options_.settings);
  add_own_settings();
  start();
}

void postgres_server::make_standby_of(const postgres_server& primary) {
  lose();
  run({programs_ / "pg_basebackup", "--pgdata", data(), "--checkpoint", "fast", "--dbname",
       fmt::format("host={} user=talaria", primary.directory().string())});
  std::ofstream{data() / "standby.signal"};
  // Behind the primary's own, which came with the copy: of several lines the last one counts.
  add_own_settings();
  add_settings(primary_setting(&primary));
  start();
}

void postgres_server::add_settings(const std::string& lines) const {
  std::ofstream settings{data() / "postgresql.conf", std::ios::app};
  settings << lines;
  if (!settings.flush())
    throw std::runtime_error("PostgreSQL's settings cannot be written");
}

void postgres_server::add_own_settings() const {
  add_settings(fmt::format("unix_socket_directories = '{}'\nlog_line_prefix = '%m [%p] {} '\n",
                           directory().string(), name()));
  add_settings(synchronous_setting(options_.synchronous_names));
}

void postgres_server::reload() const {
  if (const auto first = read_first_process(data()).number)
    ::kill(*first, SIGHUP);
}

void postgres_server::lose() {
  kill_all();
  for (const auto& entry : std::filesystem::directory_iterator{directory()})
    std::filesystem::remove_all(entry);
}

void postgres_server::kill_all() const {
  const auto [first, memory] = read_first_process(data());
  if (!first)
    return;
  // One that stands still starts no further ones, which would be missed.
  pause();
  auto all = posix::children_of(*first);
  all.push_back(*first);
  for (const auto each : all)
    ::kill(each, SIGKILL);
  for (const auto each : all) {
    if (!posix::wait_for_end(each, patience))
      throw std::runtime_error(fmt::format("PostgreSQL ({}) does not end", name()));
  }
  // Who is killed leaves it to be cleared away by the next one of its place, which will not come.
  if (memory)
    ::shmctl(*memory, IPC_RMID, nullptr);
}

bool postgres_server::exists() const {
  return std::filesystem::exists(data());
}

void postgres_server::run(std::vector<std::string> arguments) const {
  if (is_root_) {
    const std::array<std::string, 4> as_user{"runuser", "-u", user, "--"};
    arguments.insert(arguments.begin(), as_user.begin(), as_user.end());
  }
  posix::run_command({.arguments = std::move(arguments), .log = options_.log}, patience);
}

void postgres_server::control(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all{programs_ / "pg_ctl", "--pgdata", data(), "--wait"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  run(std::move(all));
}

std::string postgres_server::url() const {
  return fmt::format("postgresql:///postgres?host={}&user=talaria", directory().string());
}

std::filesystem::path postgres_server::socket() const {
  return directory() / ".s.PGSQL.5432";
}

void postgres_server::start() {
  control({"start"});
}

void postgres_server::stop(const std::string& mode) {
  control({"--mode", mode, "stop"});
}

bool postgres_server::runs() const {
  return ask_postgresql(url(), "select 1").has_value();
}

void postgres_server::recover() {
  if (runs())
    return;
  try {
    stop("immediate");
  } catch (const std::runtime_error&) {
    // It had ended already.
  }
  start();
}

void postgres_server::stop_waiting_for_standbys() {
  add_settings(synchronous_setting(""));
  reload();
}

std::string postgres_server::followers() const {
  return ask(*this,
             "select coalesce(string_agg(application_name, ' '), '') from pg_stat_replication "
             "where state = 'streaming' and sync_state = 'quorum'");
}

void postgres_server::follow(const postgres_server* primary) {
  add_settings(primary_setting(primary));
  reload();
}

bool postgres_server::receives() const {
  return ask(*this, "select count(*) from pg_stat_wal_receiver where status = 'streaming'") != "0";
}

/// What it received counts from the start of a file when it has just begun to receive, or from
/// nowhere; then what it has replayed is more.
std::uint64_t postgres_server::received_bytes() const {
  return std::stoull(ask(*this,
                         "select pg_wal_lsn_diff(greatest(pg_last_wal_receive_lsn(), "
                         "pg_last_wal_replay_lsn()), '0/0')"));
}

void postgres_server::promote() const {
  if (ask(*this, "select pg_promote()") != "true")
    throw std::runtime_error(fmt::format("PostgreSQL ({}) cannot be promoted", name()));
}

/// The first one before those that it starts.
void postgres_server::signal_all(int number) const {
  const auto first = read_first_process(data()).number;
  if (!first)
    return;
  ::kill(*first, number);
  for (const auto child : posix::children_of(*first))
    ::kill(child, number);
}

void postgres_server::pause() const {
  signal_all(SIGSTOP);
}

void postgres_server::resume() const {
  signal_all(SIGCONT);
}

void postgres_server::terminate_backends() const {
  ask(*this,
      "select count(pg_terminate_backend(pid)) from pg_stat_activity "
      "where backend_type = 'client backend' and pid <> pg_backend_pid()");
}

/// By making it as small as what is on it.
bool postgres_server::fill_disk() {
  struct statvfs disk {};
  if (!is_mounted_ || ::statvfs(directory().c_str(), &disk) != 0)
    return false;
  const auto used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize;
  return ::mount("tmpfs", directory().c_str(), "tmpfs", MS_REMOUNT,
                 fmt::format("size={}", used).c_str()) == 0;
}

void postgres_server::free_disk() {
  if (is_mounted_)
    ::mount("tmpfs", directory().c_str(), "tmpfs", MS_REMOUNT, disk_options);
}

}  // namespace talaria::chaos
