#include "app/actors_command.hpp"

#include "tests/support/command_line.hpp"
#include "tests/support/scripted_receiver.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <sstream>
#include <utility>

using namespace talaria;
using app::actors_options;
using test_support::answer;
using test_support::arguments;
using test_support::scripted_receiver;

namespace {

/// @returns nothing if the command line is refused.
std::optional<actors_options> parsed(arguments given) {
  return test_support::parse(app::add_actors_options, std::move(given));
}

struct outcome {
  int exit_code = 0;
  std::string out;
  std::string complaints;
  std::string asked;
};

outcome run(scripted_receiver& server, arguments given) {
  given.insert(given.end(), {"--url", server.url(""), "--key", "a-key"});
  const auto options = parsed(given);
  REQUIRE(options);
  std::ostringstream out;
  std::ostringstream complaints;
  const int code = app::run_actors(*options, out, complaints);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].header("authorization") == "Bearer a-key");
  return {code, out.str(), complaints.str(), requests[0].method + " " + requests[0].target};
}

constexpr auto two_of_three =
    R"({"data":[{"path":"/ingest","kind":"ingest","state":"running"},
                {"path":"/janitor","kind":"janitor","state":"backing_off"}],"total":3})";

}  // namespace

TEST_CASE("actors are listed as a table, and it is said that there are more") {
  scripted_receiver server{answer(200, two_of_three)};
  const auto ended = run(server, {});
  CHECK(ended.exit_code == 0);
  CHECK(ended.asked == "GET /api/v1/actors");
  CHECK(ended.out.starts_with("PATH                 STATE       "));
  CHECK(ended.out.find("\n/ingest              running     ") != std::string::npos);
  CHECK(ended.out.find("\n/janitor             backing_off ") != std::string::npos);
  CHECK(ended.complaints == "2 of 3 actors\n");
}

TEST_CASE("the JSON is the server's answer as it is") {
  scripted_receiver server{answer(200, two_of_three)};
  const auto ended = run(server, {"--json"});
  CHECK(ended.out == std::string{two_of_three} + "\n");
  CHECK(ended.complaints.empty());
}

TEST_CASE("every filter is the server's to apply") {
  scripted_receiver server{answer(200, two_of_three)};
  const auto ended =
      run(server, {"--kind", "subscription", "--state", "running", "--breaker", "open",
                   "--application", "a1", "--sort", "pending", "--limit", "1000"});
  CHECK(ended.asked ==
        "GET /api/v1/actors?kind=subscription&state=running&breaker=open&application_id=a1"
        "&sort=pending&limit=1000");
}

TEST_CASE("of one actor everything is shown") {
  scripted_receiver server{
      answer(200, R"({"path":"/ingest/subscription-1","details":{"window":9}})")};
  const auto ended = run(server, {"/ingest/subscription-1"});
  CHECK(ended.asked == "GET /api/v1/actors/ingest/subscription-1");
  CHECK(ended.out.find("path               /ingest/subscription-1\n") != std::string::npos);
  CHECK(ended.out.find("window             9\n") != std::string::npos);
}

TEST_CASE("an actor is restarted or released by its path") {
  for (const std::string action : {"restart", "release"}) {
    scripted_receiver server{answer(202, R"({"path":"/ingest","state":"restarting"})")};
    const auto ended = run(server, {action, "/ingest"});
    CHECK(ended.exit_code == 0);
    CHECK(ended.asked == "POST /api/v1/actors/ingest/" + action);
    CHECK(ended.out.find("state              restarting\n") != std::string::npos);
  }
}

TEST_CASE(
    "an actor that every node has is shown, restarted or released at the node that is named") {
  scripted_receiver server{answer(200, R"({"path":"/dispatcher"})")};
  CHECK(run(server, {"/dispatcher", "--node", "south"}).asked ==
        "GET /api/v1/actors/dispatcher?node=south");
  for (const std::string action : {"restart", "release"}) {
    scripted_receiver commanded{answer(202, R"({"path":"/dispatcher"})")};
    CHECK(run(commanded, {action, "/dispatcher", "--node", "south"}).asked ==
          "POST /api/v1/actors/dispatcher/" + action + "?node=south");
  }
}

TEST_CASE("a refusal is told in the server's words, with its status") {
  for (const int status : {401, 403, 404, 409, 422, 503}) {
    CAPTURE(status);
    scripted_receiver server{answer(status, R"({"detail":"So it is."})")};
    const auto ended = run(server, {});
    CHECK(ended.exit_code == 1);
    CHECK(ended.out.empty());
    CHECK(ended.complaints == "talaria actors: So it is. (HTTP " + std::to_string(status) + ")\n");
  }
}

TEST_CASE("what is no answer of Talaria's is told, not shown") {
  scripted_receiver server{answer(200, "<html>")};
  const auto ended = run(server, {});
  CHECK(ended.exit_code == 1);
  CHECK(ended.complaints.starts_with("talaria actors: The answer is not"));
}

TEST_CASE("a server that cannot be reached is named") {
  std::string url;
  {
    const scripted_receiver gone;
    url = gone.url("");
  }
  auto options = parsed({"--key", "k", "--url", url});
  REQUIRE(options);
  std::ostringstream out;
  std::ostringstream complaints;
  CHECK(app::run_actors(*options, out, complaints) == 1);
  CHECK(complaints.str().starts_with("talaria actors: " + url + ": "));
}

TEST_CASE("options that make no sense are refused") {
  CHECK_FALSE(parsed({}));
  CHECK(parsed({"--key", "k"}));
  CHECK_FALSE(parsed({"--key", "k", "--sort", "colour"}));
  CHECK_FALSE(parsed({"--key", "k", "--limit", "0"}));
  CHECK(parsed({"--key", "k", "--limit", "1000"}));
  CHECK_FALSE(parsed({"--key", "k", "--limit", "1001"}));
  CHECK_FALSE(parsed({"--key", "k", "--url", "file:///etc/passwd"}));
  CHECK_FALSE(parsed({"restart", "--key", "k"}));
  CHECK(parsed({"restart", "/ingest", "--key", "k"}));
  CHECK(parsed({"--key", "k", "release", "/ingest"}));
}
