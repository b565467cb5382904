#include "http/actor_questions.hpp"
#include "http/fresh_id.hpp"
#include "tests/http/api_fixture.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <set>

namespace talaria::http::test {
namespace {

using supervision::actor_state;

constexpr std::array<std::string_view, 3> breaker_texts = {"closed", "open", "half_open"};
constexpr std::array<supervision::gauge, 2> gauges = {"pending",
                                                      supervision::gauge{"breaker", breaker_texts}};

}  // namespace

TEST_CASE("requests are counted and timed by route and status") {
  api_fixture api;
  api.submit();
  api.send("GET", "/nowhere");
  const reply got = api.send("GET", "/metrics");
  CHECK(got.header("content-type").starts_with("text/plain"));
  CHECK(
      got.contains("talaria_http_requests_total{"
                   "method=\"POST\",route=\"/api/v1/events\",status=\"202\"} 1"));
  CHECK(got.contains("route=\"none\",status=\"404\"} 1"));
  CHECK(
      got.contains("talaria_http_request_duration_seconds_count{"
                   "method=\"POST\",route=\"/api/v1/events\"} 1"));
}

TEST_CASE("actors are listed by path, and filtered") {
  api_fixture api;
  const domain::timestamp now = system_time();
  api.actors.enter("/ingest", "ingest", now);
  const auto card = api.actors.enter("/ingest/subscription-1", "subscription", now, gauges);
  card->state = actor_state::backing_off;
  card->set_gauge(0, 7);
  card->failed("it broke", now);

  const reply all = api.send("GET", "/api/v1/actors");
  CHECK(text_at(all, "/total") == "2");
  CHECK(text_at(all, "/data/0/path") == "/ingest");
  CHECK(text_at(all, "/data/0/last_failure") == "null");
  CHECK(text_at(all, "/data/1/state") == to_string(actor_state::backing_off));
  CHECK(text_at(all, "/data/1/details/pending") == "7");

  CHECK(text_at(api.send("GET", "/api/v1/actors?kind=ingest"), "/total") == "1");
  CHECK(text_at(api.send("GET", "/api/v1/actors?kind=none"), "/total") == "0");
  const reply part = api.send("GET", "/api/v1/actors?path=subscription");
  CHECK(text_at(part, "/total") == "1");
  CHECK(text_at(part, "/totals/failures") == "1");
  CHECK(text_at(part, "/totals/messages_handled") == "0");
  const reply running = api.send("GET", "/api/v1/actors?state=running");
  CHECK(text_at(running, "/data/0/path") == "/ingest");
  const reply first = api.send("GET", "/api/v1/actors?limit=1");
  CHECK(text_at(first, "/total") == "2");
  CHECK(json_of(first).at("data").as_array().size() == 1);
  CHECK(api.send("GET", "/api/v1/actors?limit=1000").status == 200);
  CHECK(api.send("GET", "/api/v1/actors?limit=1001").status == 422);
  CHECK(api.send("GET", "/api/v1/actors?limit=0").status == 422);
  CHECK(api.send("GET", "/api/v1/actors?colour=red").status == 422);

  const reply one = api.send("GET", "/api/v1/actors/ingest/subscription-1");
  CHECK(one.status == 200);
  CHECK(text_at(one, "/last_failure") == "it broke");
  CHECK(api.send("GET", "/api/v1/actors/ingest/subscription-2").status == 404);
}

TEST_CASE("actors are sorted, counted and paged, and the pages show each once") {
  api_fixture api;
  for (int i = 0; i < 5; ++i) {
    const auto card = api.actors.enter(fmt::format("/ingest/subscription-{}", i), "subscription",
                                       system_time(), gauges);
    card->set_gauge(0, i);
    card->set_gauge(1, i % 2);
  }
  const reply first = api.send("GET", "/api/v1/actors?sort=pending&limit=2");
  CHECK(text_at(first, "/data/0/details/pending") == "4");
  CHECK(text_at(first, "/data/1/details/pending") == "3");
  CHECK(text_at(first, "/total") == "5");
  CHECK(text_at(first, "/states/running") == "5");
  CHECK(text_at(first, "/breakers/closed") == "3");
  CHECK(text_at(first, "/breakers/open") == "2");
  const std::string cursor = text_at(first, "/next_cursor");
  const reply second = api.send("GET", "/api/v1/actors?sort=pending&limit=3&cursor=" + cursor);
  CHECK(text_at(second, "/data/0/details/pending") == "2");
  CHECK(text_at(second, "/data/2/details/pending") == "0");
  CHECK(text_at(second, "/next_cursor") == "null");
  const reply open = api.send("GET", "/api/v1/actors?breaker=open");
  CHECK(text_at(open, "/total") == "2");
  CHECK(text_at(open, "/data/0/details/breaker") == "open");

  // Of another order; not of ours.
  CHECK(api.send("GET", "/api/v1/actors?cursor=" + cursor).status == 400);
  CHECK(api.send("GET", "/api/v1/actors?cursor=path:x:/a").status == 400);
  CHECK(api.send("GET", "/api/v1/actors?cursor=path:1").status == 400);
  CHECK(text_at(api.send("GET", "/api/v1/actors?cursor="), "/field") == "/cursor");
  for (const std::string wrong : {"sort", "breaker", "state", "application_id"}) {
    const reply refused = api.send("GET", "/api/v1/actors?" + wrong + "=x");
    CHECK(refused.status == 422);
    CHECK(text_at(refused, "/field") == '/' + wrong);
  }
}

TEST_CASE("a node whose store nobody can share is a cluster of one, which cannot be drained") {
  api_fixture api;
  const reply seen = api.send("GET", "/api/v1/cluster");
  CHECK(seen.status == 200);
  CHECK(text_at(seen, "/node") == "node-1");
  CHECK(text_at(seen, "/shards") == "4096");
  CHECK(text_at(seen, "/free_shards") == "0");
  CHECK(text_at(seen, "/nodes/0/name") == "node-1");
  CHECK(text_at(seen, "/nodes/0/shards") == "4096");
  CHECK(text_at(seen, "/nodes/0/self") == "true");
  CHECK(text_at(seen, "/nodes/0/link") == "null");
  CHECK(api.send("POST", "/api/v1/cluster/nodes/node-1/drain", "{}").status == 409);
}

TEST_CASE("actors of another node are asked for by its name, and passed on as it answers") {
  api_fixture_options options;
  std::string asked;
  options.peer = [&](std::string_view question) -> cluster::asked {
    asked = question;
    return cluster::answer{.id = 1, .status = 422, .body = R"({"node":"node-2"})"};
  };
  api_fixture api{options};
  const reply other = api.send("GET", "/api/v1/actors?node=node-2&limit=3");
  CHECK(asked == "list node=node-2&limit=3");
  CHECK(other.status == 422);
  CHECK(text_at(other, "/node") == "node-2");
  CHECK(other.header("content-type") == "application/problem+json");
  CHECK(text_at(api.send("GET", "/api/v1/actors?node=node-1"), "/node") == "node-1");
  const reply unknown = api.send("GET", "/api/v1/actors?node=node-3");
  CHECK(unknown.status == 422);
  CHECK(text_at(unknown, "/field") == "/node");
}

TEST_CASE("what every node has is meant of this node, unless another one is named") {
  api_fixture_options options;
  std::vector<std::string> asked;
  options.peer = [&](std::string_view question) -> cluster::asked {
    asked.emplace_back(question);
    return cluster::answer{.id = 1, .status = 202, .body = R"({"path":"there"})"};
  };
  api_fixture api{options};
  const auto card = api.actors.enter("/dispatcher", "dispatcher", system_time());
  std::size_t commands = 0;
  card->set_control([&](supervision::child_command) { ++commands; });
  const std::string path = "/api/v1/actors/dispatcher";

  CHECK(text_at(api.send("GET", path), "/path") == "/dispatcher");
  CHECK(text_at(api.send("POST", path + "/restart"), "/path") == "/dispatcher");
  CHECK(text_at(api.send("POST", path + "/restart?node=node-1"), "/path") == "/dispatcher");
  CHECK(commands == 2);
  CHECK(asked.empty());

  CHECK(text_at(api.send("GET", path + "?node=node-2"), "/path") == "there");
  const reply restarted = api.send("POST", path + "/restart?node=node-2");
  CHECK(restarted.status == 202);
  CHECK(text_at(restarted, "/path") == "there");
  api.send("POST", path + "/release?node=node-2");
  CHECK(commands == 2);
  CHECK(asked ==
        std::vector<std::string>{"show dispatcher", "restart dispatcher", "release dispatcher"});

  // Of the node that is named, and of no other.
  CHECK(api.send("POST", path + "0/restart?node=node-1").status == 404);
  CHECK(text_at(api.send("POST", path + "/restart?node=node-3"), "/field") == "/node");
  CHECK(api.send("POST", path + "/restart?knot=node-2").status == 422);
  CHECK(api.send("GET", path + "?node=node-1&node=node-2").status == 422);
  CHECK(asked.size() == 3);
}

TEST_CASE("an actor that is not here is looked for on the other nodes") {
  api_fixture_options options;
  options.peer = [](std::string_view question) -> cluster::asked {
    if (question == "show ingest/subscription-7")
      return cluster::answer{.id = 1, .status = 200, .body = R"({"path":"there"})"};
    if (question == "show silent")
      return tl::unexpected(cluster::question_failure::timed_out);
    return cluster::answer{.id = 1, .status = 404, .body = "{}"};
  };
  api_fixture api{options};
  api.actors.enter("/ingest", "ingest", system_time());
  CHECK(text_at(api.send("GET", "/api/v1/actors/ingest"), "/path") == "/ingest");
  CHECK(text_at(api.send("GET", "/api/v1/actors/ingest/subscription-7"), "/path") == "there");
  CHECK(api.send("GET", "/api/v1/actors/nowhere").status == 404);
  const reply silent = api.send("GET", "/api/v1/actors/silent");
  CHECK(silent.status == 503);
  CHECK(text_at(silent, "/detail").find("node-2") != std::string::npos);
}

TEST_CASE("a command for an actor that is not here goes to the node that has it, once") {
  api_fixture_options options;
  std::vector<std::string> asked;
  options.peer = [&](std::string_view question) -> cluster::asked {
    asked.emplace_back(question);
    if (question == "show ingest/subscription-7")
      return cluster::answer{.id = 1, .status = 200, .body = R"({"path":"there"})"};
    if (question == "restart ingest/subscription-7")
      return cluster::answer{.id = 2, .status = 202, .body = R"({"state":"stopping"})"};
    if (question == "release ingest/subscription-7")
      return cluster::answer{
          .id = 3, .status = 409, .body = R"({"code":"conflict","request_id":""})"};
    return cluster::answer{.id = 4, .status = 404, .body = "{}"};
  };
  api_fixture api{options};
  const std::string path = "/api/v1/actors/ingest/subscription-7";
  const reply restarted = api.send("POST", path + "/restart");
  CHECK(restarted.status == 202);
  CHECK(text_at(restarted, "/state") == "stopping");
  CHECK(asked ==
        std::vector<std::string>{"show ingest/subscription-7", "restart ingest/subscription-7"});

  const reply refused = api.send("POST", path + "/release");
  CHECK(refused.status == 409);
  CHECK(refused.header("content-type") == "application/problem+json");
  CHECK(text_at(refused, "/code") == "conflict");
  CHECK(text_at(refused, "/request_id") == refused.header("x-request-id"));

  asked.clear();
  const reply missing = api.send("POST", path + "0/restart");
  CHECK(missing.status == 404);
  CHECK(text_at(missing, "/code") == "not_found");
  CHECK(asked == std::vector<std::string>{"show ingest/subscription-70"});
}

TEST_CASE("a node of a version that knows no commands of others is told of as such") {
  api_fixture_options options;
  options.peer = [](std::string_view question) -> cluster::asked {
    if (question.starts_with("show "))
      return cluster::answer{.id = 1, .status = 200, .body = "{}"};
    return cluster::answer{.id = 2, .status = 422, .body = R"({"code":"invalid_value"})"};
  };
  api_fixture api{options};
  for (const std::string query : {"", "?node=node-2"}) {
    const reply refused = api.send("POST", "/api/v1/actors/ingest/subscription-7/restart" + query);
    CHECK(refused.status == 422);
    CHECK(text_at(refused, "/code") == "not_supported");
    CHECK(text_at(refused, "/field") == "/node");
    CHECK(text_at(refused, "/detail").find("node-2") != std::string::npos);
  }
}

TEST_CASE("who may not operate the installation has nothing passed on to another node") {
  api_fixture_options options;
  options.key.scopes = static_cast<std::uint8_t>(domain::scope::manage);
  bool asked = false;
  options.peer = [&](std::string_view) -> cluster::asked {
    asked = true;
    return cluster::answer{.id = 1, .status = 202, .body = "{}"};
  };
  api_fixture api{options};
  CHECK(api.send("POST", "/api/v1/actors/dispatcher/restart?node=node-2").status == 403);
  CHECK(api.send("POST", "/api/v1/actors/dispatcher/release").status == 403);
  CHECK(api.send_without_key("POST", "/api/v1/actors/dispatcher/restart").status == 401);
  CHECK_FALSE(asked);
}

TEST_CASE("a node that does not answer a question about its actors is said to be unavailable") {
  api_fixture_options options;
  options.peer = [](std::string_view) -> cluster::asked {
    return tl::unexpected(cluster::question_failure::timed_out);
  };
  api_fixture api{options};
  const reply silent = api.send("GET", "/api/v1/actors?node=node-2");
  CHECK(silent.status == 503);
  CHECK(text_at(silent, "/field") == "/node");
  for (const std::string action : {"/restart", "/release?node=node-2"}) {
    const reply commanded = api.send("POST", "/api/v1/actors/ingest/subscription-7" + action);
    CHECK(commanded.status == 503);
    CHECK(text_at(commanded, "/field") == "/node");
    CHECK_FALSE(commanded.header("retry-after").empty());
  }
}

TEST_CASE("an answer of another node that is no document is a problem with its status") {
  api_fixture_options options;
  options.peer = [](std::string_view) -> cluster::asked {
    return cluster::answer{.id = 1, .status = 500, .body = "the answer is too large to be sent"};
  };
  api_fixture api{options};
  const reply damaged = api.send("GET", "/api/v1/actors?node=node-2");
  CHECK(damaged.status == 500);
  CHECK(text_at(damaged, "/code") == "internal");
}

TEST_CASE("nodes answer questions about their actors as they answer clients") {
  api_fixture api;
  const auto card = api.actors.enter("/ingest", "ingest", system_time());
  const services here{.store = *api.store,
                      .gateway = api.gateway,
                      .directory = api.actors,
                      .metrics = api.metrics,
                      .addresses = {},
                      .draining = [] { return false; },
                      .now = [] { return system_time(); }};
  CHECK(answer_about_actors(here, "list kind=ingest").status == 200);
  CHECK(answer_about_actors(here, "list colour=red").status == 422);
  CHECK(answer_about_actors(here, "show ingest").status == 200);
  CHECK(answer_about_actors(here, "show nothing").status == 404);
  CHECK(answer_about_actors(here, "restart ingest").status == 409);
  std::vector<supervision::child_command> asked;
  card->set_control([&](supervision::child_command command) { asked.push_back(command); });
  CHECK(answer_about_actors(here, "restart ingest").status == 202);
  CHECK(answer_about_actors(here, "restart ingest").status == 202);
  CHECK(answer_about_actors(here, "release ingest").status == 409);
  CHECK(answer_about_actors(here, "release nothing").status == 404);
  using enum supervision::child_command;
  CHECK(asked == std::vector{restart, restart});
  for (const auto* unknown : {"sing", "sing ingest", "show", "restarts ingest", ""})
    CHECK(answer_about_actors(here, unknown).status == 422);
}

TEST_CASE("actors are found by the application that they work for") {
  api_fixture api;
  const auto card = api.actors.enter("/ingest/subscription-1", "subscription", system_time());
  api.actors.enter("/ingest/subscription-2", "subscription", system_time());
  const std::string application = "0198c0de-0000-7000-8000-000000000001";
  card->set_labels({{"subscription_id", "0198c0de-0000-7000-8000-000000000017"},
                    {"application_id", application}});
  const reply found = api.send("GET", "/api/v1/actors?application_id=" + application);
  CHECK(text_at(found, "/total") == "1");
  CHECK(text_at(found, "/data/0/subscription_id") == "0198c0de-0000-7000-8000-000000000017");
  CHECK(text_at(found, "/data/0/application_id") == application);
}

TEST_CASE("restarts and releases are passed on to the supervisor, if the state allows them") {
  api_fixture api;
  const auto card = api.actors.enter("/ingest/subscription-1", "subscription", system_time());
  const std::string path = "/api/v1/actors/ingest/subscription-1";
  CHECK(api.send("POST", path + "/restart").status == 409);
  std::vector<supervision::child_command> asked;
  card->set_control([&](supervision::child_command command) { asked.push_back(command); });
  CHECK(api.send("POST", path + "/restart").status == 202);
  CHECK(api.send("POST", path + "/release").status == 409);
  card->state = actor_state::quarantined;
  CHECK(api.send("POST", path + "/restart").status == 409);
  CHECK(text_at(api.send("POST", path + "/release"), "/state") == "quarantined");
  using enum supervision::child_command;
  CHECK(asked == std::vector{restart, release});
  CHECK(api.send("POST", path + "0/restart").status == 404);
  CHECK(api.send("POST", path + "/explode").status == 405);
}

namespace {

std::string watch_request(std::string_view headers = {}) {
  return request_text("GET", "/api/v1/actors/stream",
                      fmt::format("Authorization: Bearer {}\r\n{}", test_key(), headers));
}

}  // namespace

TEST_CASE("who watches the actors sees what happens to them from then on, in order") {
  api_fixture api;
  const domain::timestamp now = system_time();
  api.actors.enter("/early", "worker", now);
  raw_client client(api.port);
  client.send(watch_request());
  const std::string head = client.receive_until(": watching");
  CHECK(head.find("200 OK") != std::string::npos);
  CHECK(head.find("Content-Type: text/event-stream") != std::string::npos);
  CHECK(head.find("Content-Length") == std::string::npos);
  const auto card = api.actors.enter("/late", "worker", now);
  card->failed("it broke", now);
  card->note("breaker", "open", now);
  api.actors.leave("/late", now);
  const std::string seen = client.receive_until("event: died");
  CHECK(seen.find("/early") == std::string::npos);
  const auto born = seen.find("event: born");
  const auto failed = seen.find("event: failed");
  const auto breaker = seen.find("event: breaker");
  CHECK(born < failed);
  CHECK(failed < breaker);
  CHECK(breaker < seen.find("event: died"));
  CHECK(seen.find(R"("reason":"it broke")") != std::string::npos);
  CHECK(seen.find(R"("breaker":"open")") != std::string::npos);
}

TEST_CASE("who watches again goes on after the last event that it saw") {
  api_fixture api;
  const domain::timestamp now = system_time();
  api.actors.enter("/first", "worker", now);
  api.actors.enter("/second", "worker", now);
  raw_client client(api.port);
  client.send(watch_request("Last-Event-ID: 1\r\n"));
  const std::string seen = client.receive_until("/second");
  CHECK(seen.find("/first") == std::string::npos);
  CHECK(seen.find("id: 2\n") != std::string::npos);
  raw_client wrong(api.port);
  wrong.send(watch_request("Last-Event-ID: x\r\n"));
  CHECK(wrong.receive_until("\r\n").find("422") != std::string::npos);
}

TEST_CASE("queues show what is pending, by priority") {
  api_fixture api;
  api.subscribe();
  api.submit();
  const reply got = api.send("GET", "/api/v1/queues");
  CHECK(got.status == 200);
  CHECK(got.contains(R"("priority":"normal","paused":false,"pending":1,"in_flight":4,)"
                     R"("delivered":5,"failed":6)"));
}

TEST_CASE("a queue is paused and resumed by an administrator") {
  api_fixture api;
  const reply paused = api.send("POST", "/api/v1/queues/low/pause");
  CHECK(paused.status == 200);
  CHECK(text_at(paused, "/priority") == "low");
  CHECK(text_at(paused, "/paused") == "true");
  CHECK(text_at(api.send("GET", "/api/v1/queues"), "/data/2/paused") == "true");
  CHECK(text_at(api.send("GET", "/api/v1/queues"), "/data/1/paused") == "false");
  CHECK(text_at(api.send("POST", "/api/v1/queues/low/resume"), "/paused") == "false");
  CHECK(api.send("POST", "/api/v1/queues/urgent/pause").status == 404);
  CHECK(api.gateway.catalog_changes() == 2);
}

TEST_CASE("who only manages may not pause queues, which are everybody's") {
  api_fixture_options options;
  options.key.scopes = static_cast<std::uint8_t>(domain::scope::manage);
  api_fixture api(options);
  CHECK(api.send("POST", "/api/v1/queues/low/pause").status == 403);
}

TEST_CASE("the document describes exactly the operations that are served") {
  api_fixture api;
  std::set<std::string> served;
  for (const served_operation& operation : api.server->operations()) {
    std::string path = operation.path;
    if (const auto tail = path.find("...}"); tail != std::string::npos) {
      path.replace(tail, 3, "");
    }
    served.insert(operation.method + ' ' + path);
  }
  std::set<std::string> described;
  const auto document = json_of(api.send("GET", "/openapi.json"));
  for (const auto& [path, item] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : item.as_object()) {
      if (operation.is_object() && operation.as_object().contains("responses")) {
        std::string name(method);
        for (char& letter : name) {
          letter = static_cast<char>(letter - 'a' + 'A');
        }
        described.insert(name + ' ' + std::string(path));
      }
    }
  }
  CHECK(served == described);
}

TEST_CASE("when too many requests wait for the store, others are told to come back") {
  api_fixture_options options;
  options.store_threads = 0;
  options.store_queue_max = 0;
  api_fixture api(options);
  const reply got = api.send("GET", "/api/v1/queues");
  CHECK(got.status == 429);
  CHECK(text_at(got, "/code") == "overloaded");
  CHECK_FALSE(got.header("retry-after").empty());
  CHECK(api.send("POST", "/api/v1/events", R"({"type":"a","payload":1})").status == 429);
  CHECK(api.send("GET", "/health/live").status == 200);
}

TEST_CASE("an executor takes as many tasks as may wait, and drops them when it stops") {
  executor<int> pool({.threads = 0, .queue_max = 2}, [] { return 0; });
  const auto dropped = std::make_shared<int>();
  const auto task = [dropped](int&) {};
  CHECK_FALSE(pool.has_waiting());
  CHECK(pool.post(task));
  CHECK(pool.post(task));
  CHECK_FALSE(pool.post(task));
  CHECK(pool.has_waiting());
  CHECK(dropped.use_count() == 4);
  pool.stop();
  CHECK(dropped.use_count() == 2);
  CHECK_FALSE(pool.post(task));
}

}  // namespace talaria::http::test
