#include "supervision/failure.hpp"

#include <caf/all.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace talaria;
using supervision::describe;

TEST_CASE("an exception is described by its own text, and by CAF's word if it has none") {
  const auto thrown = [](const char* what) {
    return caf::make_error(caf::sec::runtime_error, std::string{what});
  };
  CHECK(describe(thrown("out of \"memory\"")) == "out of \"memory\"");
  CHECK(describe(thrown("")) == R"(system_error(runtime_error, ("")))");
  CHECK(describe(caf::sec::runtime_error) == "system_error(runtime_error)");
}

TEST_CASE("whatever is no exception is described as CAF has it") {
  CHECK(describe(caf::exit_reason::kill) == "exit_reason(kill)");
  CHECK(describe(caf::make_error(caf::sec::unexpected_message, std::string{"of somebody"})) ==
        R"(system_error(unexpected_message, ("of somebody")))");
  CHECK(describe({}) == "none");
}
