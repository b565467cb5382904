#include "app/cluster_command.hpp"

#include "app/configuration.hpp"
#include "posix/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>

using namespace talaria;

namespace {

namespace fs = std::filesystem;

struct fixture {
  posix::temporary_directory directory;
  fs::path certs = directory.path() / "made" / "certs";
  std::ostringstream out;
  std::ostringstream complaints;

  bool make(std::vector<std::string> nodes) {
    return app::run_certs({.directory = certs, .nodes = std::move(nodes)},
                          std::chrono::system_clock::now(), out, complaints) == 0;
  }

  std::string content(const std::string& name) const {
    std::ifstream file{certs / name};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

  /// What was printed for every node, and for this one.
  std::map<std::string, std::string> variables_of(const std::string& node) const {
    std::map<std::string, std::string> variables;
    bool is_meant = false;
    std::istringstream lines{out.str()};
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("On "))
        is_meant = line == "On every node:" || line == "On node " + node + ":";
      const auto equals = line.find('=');
      if (is_meant && line.starts_with("  ") && equals != std::string::npos)
        variables[line.substr(2, equals - 2)] = line.substr(equals + 1);
    }
    return variables;
  }

  /// What a node of this name would be refused for.
  std::string refused_setting(std::map<std::string, std::string> variables) const {
    variables["TALARIA_CLUSTER_LISTEN"] = "192.0.2.1:9090";
    const auto read = app::read_configuration("", variables, {});
    return read ? "" : read.error().field;
  }
};

fs::perms permissions_of(const fs::path& file) {
  return fs::status(file).permissions();
}

}  // namespace

TEST_CASE("what is printed makes a configuration for links that leave the machine") {
  fixture f;
  REQUIRE(f.make({"north=north.example,10.0.0.1,fd00::1", "south"}));
  for (const std::string node : {"north", "south"}) {
    CAPTURE(node);
    const auto variables = f.variables_of(node);
    CHECK(variables.size() == 5);
    CHECK(f.refused_setting(variables).empty());
    CHECK(variables.at("TALARIA_NODE_NAME") == node);
  }
  auto mixed = f.variables_of("north");
  mixed["TALARIA_CLUSTER_KEY"] = f.variables_of("south")["TALARIA_CLUSTER_KEY"];
  CHECK(f.refused_setting(mixed) == "cluster.key");
}

TEST_CASE("without a node named, one for this machine is made") {
  fixture f;
  REQUIRE(f.make({}));
  CHECK(f.refused_setting(f.variables_of("talaria-1")).empty());
}

TEST_CASE("keys are for their owner alone") {
  fixture f;
  REQUIRE(f.make({"north"}));
  const auto for_owner = fs::perms::owner_read | fs::perms::owner_write;
  CHECK(permissions_of(f.certs / "ca.key") == for_owner);
  CHECK(permissions_of(f.certs / "north.key") == for_owner);
  CHECK(f.out.str().find("PRIVATE KEY") == std::string::npos);
}

TEST_CASE("nothing is written if one of the files is there") {
  fixture f;
  fs::create_directories(f.certs);
  std::ofstream{f.certs / "south.key"} << "mine";
  CHECK_FALSE(f.make({"north", "south"}));
  CHECK(f.complaints.str().find("south.key is there already") != std::string::npos);
  CHECK(f.content("south.key") == "mine");
  CHECK_FALSE(fs::exists(f.certs / "ca.pem"));
  CHECK(f.out.str().empty());

  REQUIRE(f.make({"north"}));
  const auto before = f.content("ca.pem");
  CHECK_FALSE(f.make({"east"}));
  CHECK(f.content("ca.pem") == before);
}

TEST_CASE("a name that is no file's, a host that is none, and a node named twice are refused") {
  fixture f;
  for (const std::string node :
       {"", "=host", "../north", "a/b", ".north", "-north", "ca", "no rth", "north=", "north=a b",
        "north=a,,b", "north=a,DNS:b\n", "north=email:me@example"}) {
    CAPTURE(node);
    CHECK_FALSE(f.make({node}));
  }
  CHECK_FALSE(f.make({"north", "north=elsewhere"}));
  CHECK_FALSE(f.make({std::string(65, 'n')}));
  CHECK_FALSE(fs::exists(f.certs));
  CHECK(f.make({std::string(64, 'n')}));
}
