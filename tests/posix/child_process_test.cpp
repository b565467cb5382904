#include "posix/child_process.hpp"

#include "posix/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

using namespace talaria;
using namespace std::chrono_literals;
using posix::child_process;
using posix::command_line;

namespace {

struct shell {
  posix::temporary_directory directory;

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
  posix::run_command(shell.command("echo $TALARIA_SAYS"), 30s);
  CHECK(shell.log() == "hello");
}

TEST_CASE("a process that fails is an error for who runs it to its end") {
  const shell shell;
  CHECK_THROWS_AS(posix::run_command(shell.command("exit 3"), 30s), std::runtime_error);
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

TEST_CASE("the end of a process can be waited for by others than its parent") {
  const shell shell;
  child_process sleeps{shell.command("sleep 60")};
  CHECK_FALSE(posix::wait_for_end(sleeps.pid(), 0ms));
  sleeps.signal(SIGKILL);
  CHECK(posix::wait_for_end(sleeps.pid(), 30s));
  CHECK(sleeps.wait(30s) == 128 + SIGKILL);
  // Nobody is left of that number.
  CHECK(posix::wait_for_end(sleeps.pid(), 0ms));
}

TEST_CASE("a log goes on where it was, or begins anew where that is asked for") {
  const shell shell;
  auto command = shell.command("echo one");
  posix::run_command(command, 30s);
  command.arguments.back() = "echo two";
  posix::run_command(command, 30s);
  CHECK(shell.log() == "one");
  command.truncates_log = true;
  posix::run_command(command, 30s);
  CHECK(shell.log() == "two");
}

TEST_CASE("a process has a group of its own, or that of who starts it") {
  const shell shell;
  auto command = shell.command("sleep 60");
  const child_process alone{command};
  CHECK(::getpgid(alone.pid()) == alone.pid());
  command.has_own_group = false;
  const child_process with_us{command};
  CHECK(::getpgid(with_us.pid()) == ::getpgrp());
}

TEST_CASE("a process is among the children of this one until it has ended") {
  const shell shell;
  child_process sleeps{shell.command("sleep 60")};
  const auto is_child = [&] {
    const auto children = posix::children_of(::getpid());
    return std::ranges::find(children, sleeps.pid()) != children.end();
  };
  CHECK(is_child());
  sleeps.signal(SIGKILL);
  sleeps.wait(30s);
  CHECK_FALSE(is_child());
}
