#include "chaos/child_process.hpp"

#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

using namespace talaria;
using namespace std::chrono_literals;
using chaos::child_process;
using chaos::command_line;

namespace {

struct shell {
  test::temporary_directory directory;

  command_line command(const std::string& text) const {
    return {.arguments = {"sh", "-c", text},
            .environment = {{"TALARIA_SAYS", "hello"}},
            .log = directory.path() / "log"};
  }
  std::string log() const {
    std::ifstream file{directory.path() / "log"};
    std::string line;
    std::getline(file, line);
    return line;
  }
};

}  // namespace

TEST_CASE("a process has its settings, and its output in its log") {
  const shell shell;
  chaos::run_command(shell.command("echo $TALARIA_SAYS"), 30s);
  CHECK(shell.log() == "hello");
}

TEST_CASE("a process that fails is an error for who runs it to its end") {
  const shell shell;
  CHECK_THROWS_AS(chaos::run_command(shell.command("exit 3"), 30s), std::runtime_error);
  CHECK_THROWS_AS(child_process({.arguments = {"/nowhere"}, .log = shell.directory.path() / "log"}),
                  std::runtime_error);
}

TEST_CASE("a process ends with its code, or with 128 and the signal's number") {
  const shell shell;
  child_process ends{shell.command("exit 3")};
  CHECK(ends.wait(30s) == 3);
  CHECK(ends.wait(0s) == 3);
  child_process sleeps{shell.command("sleep 60")};
  CHECK_FALSE(sleeps.wait(0s));
  sleeps.signal(SIGKILL);
  CHECK(sleeps.wait(30s) == 128 + SIGKILL);
}

TEST_CASE("a process is among the children of this one until it has ended") {
  const shell shell;
  child_process sleeps{shell.command("sleep 60")};
  const auto is_child = [&] {
    const auto children = chaos::children_of(::getpid());
    return std::ranges::find(children, sleeps.pid()) != children.end();
  };
  CHECK(is_child());
  sleeps.signal(SIGKILL);
  sleeps.wait(30s);
  CHECK_FALSE(is_child());
}
