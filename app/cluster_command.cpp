#include "app/cluster_command.hpp"

#include "app/settings.hpp"
#include "cluster/certificate_authority.hpp"
#include "delivery/file_descriptor.hpp"
#include "domain/base64.hpp"
#include "domain/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace talaria::app {

namespace {

using domain::ec;
using domain::fail;
using domain::result;

constexpr std::chrono::days valid_for{365};
/// For nodes whose clocks are behind.
constexpr std::chrono::hours valid_before{1};
/// Of a common name.
constexpr std::size_t name_bytes_max = 64;
constexpr std::string_view letters_and_digits =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view authority_name = "ca";
constexpr std::string_view default_node = "talaria-1=localhost,127.0.0.1,::1";

struct node {
  std::string name;
  std::vector<std::string> hosts;
};

struct file {
  std::filesystem::path path;
  std::string content;
  mode_t mode;
};

bool has_only(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [&](char letter) {
    return letters_and_digits.find(letter) != std::string_view::npos ||
           others.find(letter) != std::string_view::npos;
  });
}

/// A name becomes the name of files.
result<std::string> read_name(std::string_view text) {
  const bool is_name = !text.empty() && text.size() <= name_bytes_max && text.front() != '.' &&
                       text.front() != '-' && text != authority_name && has_only(text, ".-_");
  if (!is_name)
    return fail(ec::invalid_value,
                fmt::format("{} is no name of a node: 1 to {} letters, digits, '.', '-' and '_', "
                            "and not {}",
                            text, name_bytes_max, authority_name));
  return std::string{text};
}

result<node> read_node(const std::string& text) {
  const auto equals = text.find('=');
  const auto name = read_name(std::string_view{text}.substr(0, equals));
  if (!name)
    return tl::unexpected(name.error());
  node read{.name = *name, .hosts = {}};
  std::istringstream hosts{equals == std::string::npos ? text : text.substr(equals + 1)};
  for (std::string host; std::getline(hosts, host, ',');) {
    // '_' is in names of containers.
    if (host.empty() || !has_only(host, ".-:_"))
      return fail(ec::invalid_value, fmt::format("{} is no host of node {}", host, *name));
    read.hosts.push_back(std::move(host));
  }
  if (read.hosts.empty())
    return fail(ec::invalid_value, fmt::format("node {} has no host", *name));
  return read;
}

result<std::vector<node>> read_nodes(std::vector<std::string> texts) {
  if (texts.empty())
    texts.emplace_back(default_node);
  std::vector<node> nodes;
  std::set<std::string> names;
  for (const auto& text : texts) {
    auto read = read_node(text);
    if (!read)
      return tl::unexpected(read.error());
    if (!names.insert(read->name).second)
      return fail(ec::invalid_value, fmt::format("node {} is named twice", read->name));
    nodes.push_back(*std::move(read));
  }
  return nodes;
}

std::vector<file> make_files(const std::filesystem::path& directory, const std::vector<node>& nodes,
                             std::chrono::system_clock::time_point now) {
  constexpr mode_t for_all = 0644;
  constexpr mode_t for_owner = 0600;
  std::vector<file> files;
  const auto add = [&](std::string_view name, cluster::certified_key made) {
    files.push_back(
        {directory / fmt::format("{}.pem", name), std::move(made.certificate), for_all});
    files.push_back({directory / fmt::format("{}.key", name), std::move(made.key), for_owner});
  };
  const cluster::certificate_authority authority{now - valid_before, now + valid_for};
  add(authority_name, authority.own());
  for (const auto& one : nodes)
    add(one.name, authority.issue(one.name, one.hosts));
  return files;
}

result<void> write_file(const file& made) {
  const auto failed = [&] {
    return fail(ec::invalid_value, fmt::format("{} cannot be written: {}", made.path.string(),
                                               std::generic_category().message(errno)));
  };
  // Exclusive: another process may have made it since we looked.
  const delivery::file_descriptor opened{
      ::open(made.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, made.mode)};
  if (!opened.valid())
    return failed();
  const auto written = ::write(opened.get(), made.content.data(), made.content.size());
  if (written != static_cast<ssize_t>(made.content.size()) || ::fsync(opened.get()) != 0)
    return failed();
  return {};
}

result<void> write_files(const std::filesystem::path& directory, const std::vector<file>& files) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return fail(ec::invalid_value,
                fmt::format("{} cannot be made: {}", directory.string(), error.message()));
  for (const auto& one : files) {
    if (std::filesystem::exists(std::filesystem::symlink_status(one.path, error)))
      return fail(ec::conflict,
                  fmt::format("{} is there already: nothing was written", one.path.string()));
  }
  for (const auto& one : files) {
    if (auto written = write_file(one); !written)
      return written;
  }
  return {};
}

std::string fresh_secret() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("OpenSSL has no random bytes");
  return domain::to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void print_settings(const std::filesystem::path& directory, const std::vector<node>& nodes,
                    std::ostream& out) {
  const auto path = [&](std::string_view name, std::string_view ending) {
    return (std::filesystem::absolute(directory) / fmt::format("{}.{}", name, ending))
        .lexically_normal()
        .string();
  };
  const auto set = [&](std::string_view key, const std::string& value) {
    out << fmt::format("  {}={}\n", variable_of(key), value);
  };
  out << "On every node:\n";
  set("cluster.secret", fresh_secret());
  set("cluster.ca", path(authority_name, "pem"));
  for (const auto& one : nodes) {
    out << fmt::format("On node {}:\n", one.name);
    set("node.name", one.name);
    set("cluster.certificate", path(one.name, "pem"));
    set("cluster.key", path(one.name, "key"));
  }
  out << fmt::format("All are valid for {} days. No node needs {}: who has it can make nodes.\n",
                     valid_for.count(), path(authority_name, "key"));
}

result<void> make_certs(const certs_request& wanted, std::chrono::system_clock::time_point now,
                        std::ostream& out) {
  const auto nodes = read_nodes(wanted.nodes);
  if (!nodes)
    return tl::unexpected(nodes.error());
  const auto files = make_files(wanted.directory, *nodes, now);
  if (auto written = write_files(wanted.directory, files); !written)
    return written;
  print_settings(wanted.directory, *nodes, out);
  return {};
}

}  // namespace

int run_certs(const certs_request& wanted, std::chrono::system_clock::time_point now,
              std::ostream& out, std::ostream& complaints) {
  const auto made = make_certs(wanted, now, out);
  if (made)
    return EXIT_SUCCESS;
  complaints << fmt::format("talaria: {}\n", made.error().detail);
  return EXIT_FAILURE;
}

}  // namespace talaria::app
