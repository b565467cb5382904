#include "app/plan_command.hpp"

#include "tests/support/command_line.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <sstream>
#include <string>

using namespace talaria;
using test_support::arguments;

namespace {

struct outcome {
  int exit_code = 0;
  std::string out;
  std::string complaints;
};

/// @returns exit code 2 also for a command line that cannot be read.
outcome run(const std::map<std::string, std::string>& changed = {}, arguments more = {}) {
  std::map<std::string, std::string> given{{"--events-per-second", "1000"},
                                           {"--fan-out", "3"},
                                           {"--payload", "2000"},
                                           {"--latency", "200"}};
  for (const auto& [option, value] : changed)
    given[option] = value;
  for (const auto& [option, value] : given)
    more.push_back(fmt::format("{}={}", option, value));
  const auto options = test_support::parse(app::add_plan_options, more);
  if (!options)
    return {2, "", "unreadable"};
  std::ostringstream out;
  std::ostringstream complaints;
  const int code = app::run_plan(*options, out, complaints);
  return {code, out.str(), complaints.str()};
}

bool is_taken(const std::string& option, const std::string& value) {
  return run({{option, value}}).exit_code == 0;
}

/// That the complaint names the option, and no other.
bool is_refused(const std::string& option, const std::string& value) {
  const auto ended = run({{option, value}});
  return ended.exit_code == 2 && ended.out.empty() &&
         ended.complaints.starts_with(fmt::format("talaria plan: {}: must be from ", option));
}

}  // namespace

TEST_CASE("rate, fan-out, payload and latency must be given") {
  const arguments all{"--events-per-second=1", "--fan-out=1", "--payload=1", "--latency=1"};
  CHECK(test_support::parse(app::add_plan_options, all));
  for (std::size_t left_out = 0; left_out < all.size(); ++left_out) {
    CAPTURE(all[left_out]);
    auto given = all;
    given.erase(given.begin() + static_cast<std::ptrdiff_t>(left_out));
    CHECK_FALSE(test_support::parse(app::add_plan_options, given));
  }
}

TEST_CASE("each bound of an option holds at the limit, and one past it is refused by its name") {
  CHECK(is_taken("--events-per-second", "0.001"));
  CHECK(is_refused("--events-per-second", "0.0009"));
  CHECK(is_taken("--events-per-second", "1000000"));
  CHECK(is_refused("--events-per-second", "1000001"));
  CHECK(is_refused("--events-per-second", "nan"));
  CHECK(is_refused("--events-per-second", "-1"));
  CHECK(is_taken("--fan-out", "0"));
  CHECK(is_taken("--fan-out", "10000"));
  CHECK(is_refused("--fan-out", "10001"));
  CHECK(is_refused("--fan-out", "-0.1"));
  CHECK(is_taken("--payload", "1"));
  CHECK(is_refused("--payload", "0"));
  CHECK(is_taken("--payload", "262144"));
  CHECK(is_refused("--payload", "262145"));
  CHECK(is_refused("--payload", "-1"));
  CHECK(is_refused("--payload", "9223372036854775807"));
  CHECK(is_taken("--latency", "1"));
  CHECK(is_refused("--latency", "0"));
  CHECK(is_taken("--latency", "60000"));
  CHECK(is_refused("--latency", "60001"));
  CHECK(is_refused("--latency", "-1"));
  CHECK(is_taken("--retention-days", "1"));
  CHECK(is_refused("--retention-days", "0"));
  CHECK(is_taken("--retention-days", "3650"));
  CHECK(is_refused("--retention-days", "3651"));
  CHECK(is_refused("--retention-days", "-1"));
  // More than 32 bits hold, and such that their lowest are 30.
  CHECK(is_refused("--retention-days", "4294967326"));
}

TEST_CASE("what is no number is refused") {
  for (const auto* option :
       {"--events-per-second", "--fan-out", "--payload", "--latency", "--retention-days"}) {
    CAPTURE(option);
    CHECK(run({{option, "many"}}).exit_code == 2);
  }
}

TEST_CASE("the table names every figure, and the bottleneck") {
  const auto ended = run();
  CHECK(ended.exit_code == 0);
  CHECK(ended.complaints.empty());
  for (const auto* text :
       {"1000 events/s of 2000 B, each to 3 subscriptions that answer after 200 ms, kept for 30",
        "\nnodes               2, one of them to spare\n", "\nmemory ",
        "\nrequests under way  600, 29 % of 2048 a node\n", "\nprocessors ",
        "\nPostgreSQL          1: 10000 row writes/s, 6 % of 180000 each\n",
        "\n  connections       86, ", "\n  storage ", "\nbottleneck          requests under way"}) {
    CAPTURE(text);
    CAPTURE(ended.out);
    CHECK(ended.out.find(text) != std::string::npos);
  }
}

TEST_CASE("the table says when one PostgreSQL is not enough") {
  const auto ended = run({{"--events-per-second", "50000"}});
  CHECK(ended.out.find("in each of 5 cells") != std::string::npos);
  CHECK(ended.out.find("5, as one is not enough: 500000 row writes/s") != std::string::npos);
}

TEST_CASE("the JSON plan is one object with the workload, every figure and what it reckons with") {
  const auto ended = run({{"--retention-days", "7"}}, {"--json"});
  CHECK(ended.exit_code == 0);
  const auto shown = boost::json::parse(ended.out).as_object();
  for (const auto* name : {"nodes", "nodes_per_cell", "cells", "connections_per_cell",
                           "memory_bytes_per_node", "deliveries_per_second", "attempts_under_way",
                           "row_writes_per_second", "sent_bytes_per_second", "node_processors",
                           "store_processors", "storage_bytes_per_day", "storage_bytes"}) {
    CAPTURE(name);
    CHECK(shown.at(name).is_number());
  }
  CHECK(shown.at("workload").at("retention_days") == 7);
  CHECK(shown.at("one_store_is_enough") == true);
  CHECK(shown.at("bottleneck") == "attempts_under_way");
  CHECK(shown.at("utilisation").at("attempts_under_way").to_number<double>() ==
        doctest::Approx(600.0 / 2048));
  CHECK(shown.at("costs").at("node_attempts_max") == 2048);
  const auto beyond = run({{"--events-per-second", "50000"}}, {"--json"});
  CHECK(boost::json::parse(beyond.out).at("one_store_is_enough") == false);
}

TEST_CASE("a load of nothing but submissions has a plan as well") {
  const auto ended = run({{"--fan-out", "0"}});
  CHECK(ended.exit_code == 0);
  CHECK(ended.out.find("requests under way  0, 0 % of 2048 a node") != std::string::npos);
}
