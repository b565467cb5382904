#include "app/top_command.hpp"

#include "tests/support/command_line.hpp"
#include "tests/support/scripted_receiver.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <sstream>
#include <utility>

using namespace talaria;
using namespace std::chrono_literals;
using app::top_options;
using test_support::answer;
using test_support::arguments;
using test_support::scripted_receiver;

namespace {

/// @returns nothing if the command line is refused.
std::optional<top_options> parsed(arguments given) {
  return test_support::parse(app::add_top_options, std::move(given));
}

}  // namespace

TEST_CASE("the interval is from a tenth of a second to an hour") {
  const auto interval = [](const char* text) {
    const auto options = parsed({"--key", "k", "--interval", text});
    return options ? std::optional{options->interval} : std::nullopt;
  };
  CHECK(parsed({"--key", "k"})->interval == 2s);
  CHECK(interval("0.1") == 100ms);
  CHECK_FALSE(interval("0.099"));
  CHECK(interval("3600") == 1h);
  CHECK_FALSE(interval("3600.001"));
  CHECK_FALSE(interval("nan"));
}

TEST_CASE("a key that is refused is told before the screen is taken") {
  scripted_receiver receiver{answer(401, R"({"detail":"Not known."})")};
  top_options options;
  options.server = {receiver.url(""), "k"};
  std::ostringstream complaints;
  CHECK(app::run_top(options, complaints) == 1);
  CHECK(complaints.str() == "talaria top: Not known. (HTTP 401)\n");
}
