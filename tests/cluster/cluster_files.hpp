#pragma once

#include "cluster/certificate_authority.hpp"
#include "cluster/link_options.hpp"
#include "posix/temporary_directory.hpp"

#include <chrono>
#include <fstream>
#include <string>

namespace talaria::test {

/// An authority, and files of what it issues.
class cluster_files {
public:
  using days = std::chrono::days;

  explicit cluster_files(days from = days{-1}, days to = days{1})
      : authority_(std::chrono::system_clock::now() + from, std::chrono::system_clock::now() + to) {
    write("ca.pem", authority_.own().certificate);
  }

  cluster::link_tls tls(const std::string& name) const {
    const auto made = authority_.issue(name, {"localhost", "127.0.0.1"});
    return {.certificate_file = write(name + ".pem", made.certificate),
            .key_file = write(name + ".key", made.key),
            .ca_file = path("ca.pem")};
  }

  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream{path(name)} << content;
    return path(name);
  }

private:
  posix::temporary_directory directory_;
  cluster::certificate_authority authority_;
};

}  // namespace talaria::test
