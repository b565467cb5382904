#include "tests/http/api_fixture.hpp"

#include "http/api_key.hpp"
#include "http/fresh_id.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <array>

namespace talaria::http::test {
namespace {

const new_api_key& shared_key() {
  static const new_api_key key = make_api_key().value();
  return key;
}

std::unique_ptr<persistence::store> open_in(const posix::temporary_directory& directory) {
  const std::string url = "sqlite:" + (directory.path() / "talaria.db").string();
  REQUIRE(persistence::migrate_store(url).has_value());
  return std::move(persistence::open_store(url).value());
}

std::unique_ptr<supervision::fault_injector> make_injector() {
  using supervision::fault_action;
  static const std::array points{
      supervision::fault_point{"work",
                               "Before work.",
                               {fault_action::fail, fault_action::delay},
                               supervision::fault_aim::actor},
      supervision::fault_point{
          "send", "Before a request.", {fault_action::fail}, supervision::fault_aim::host}};
  return std::make_unique<supervision::fault_injector>(supervision::fault_injector_options{
      .points = points,
      .now = [] { return domain::timestamp{std::chrono::hours(1)}; },
      .random_bits = [] { return 7; },
      .exit_process = [] {},
      .steady_now = [] { return supervision::fault_injector_options::time_point{}; }});
}

}  // namespace

const std::string& test_key() {
  return shared_key().key;
}

namespace {

using peer_answers = std::function<cluster::asked(std::string_view question)>;

std::function<std::vector<cluster::links::shown_link>()> links_to(const peer_answers& peer) {
  if (!peer)
    return {};
  return [] {
    cluster::links::shown_link shown;
    shown.link.name = "node-2";
    shown.link.incarnation = "incarnation-2";
    shown.link.state = cluster::link_state::up;
    return std::vector{shown};
  };
}

decltype(services::ask) asking(const peer_answers& peer) {
  if (!peer)
    return {};
  return [peer](std::string_view, const std::string& question, std::chrono::milliseconds,
                const cluster::answer_handler& handler) { handler(peer(question)); };
}

}  // namespace

api_fixture::api_fixture(api_fixture_options options) : store(open_in(directory)), gateway(*store) {
  const domain::timestamp now = system_time();
  organization = {{fresh_id(now)}, "default", now};
  application = {{fresh_id(now)}, organization.id, "default", "{}", now, now};
  domain::api_key key;
  key.id = {fresh_id(now)};
  key.organization = organization.id;
  if (options.key.bound_to_default) {
    key.application = application.id;
  }
  key.name = "test";
  key.lookup = shared_key().lookup;
  key.hash = shared_key().hash;
  key.scopes = options.key.scopes;
  key.created_at = now;
  key.expires_at = options.key.expires_at;
  REQUIRE(store->open_catalog()->bootstrap(organization, application, key).value());

  server_options server_options;
  server_options.transport = {"127.0.0.1", 0, 2, options.limits};
  server_options.store_threads = {options.store_threads, options.store_queue_max};
  server_options.authentication = options.authentication;
  server_options.cursor_key = "a key for tests";
  delivery::address_policy addresses;
  addresses.allowed.push_back(delivery::parse_network("10.1.0.0/16").value());
  if (options.chaos_enabled) {
    faults = make_injector();
  }
  server = std::make_unique<http::server>(
      std::move(server_options),
      services{.store = *store,
               .gateway = gateway,
               .directory = actors,
               .metrics = metrics,
               .addresses = addresses,
               .draining = [this] { return draining.load(); },
               .now = [this] { return system_time() + std::chrono::seconds(clock_offset_s); },
               .faults = faults.get(),
               .node = {"node-1", "incarnation-1", system_time()},
               .links = links_to(options.peer),
               .ask = asking(options.peer)});
  port = server->start().value();
}

reply api_fixture::send(std::string_view method, std::string_view target, std::string_view body,
                        std::string_view headers) {
  std::string all = "Authorization: Bearer " + test_key() + "\r\n" + std::string(headers);
  if (!body.empty()) {
    all += "Content-Type: application/json\r\n";
  }
  return exchange_once(port, request_text(method, target, all, body));
}

reply api_fixture::send_without_key(std::string_view method, std::string_view target,
                                    std::string_view headers, std::string_view body) {
  return exchange_once(port, request_text(method, target, headers, body));
}

std::string api_fixture::subscribe(std::string_view more_fields) {
  const reply made = send("POST", "/api/v1/subscriptions",
                          R"({"url":"https://example.com/hook")" + std::string(more_fields) + "}");
  CAPTURE(made.body);
  REQUIRE(made.status == 201);
  return text_at(made, "/id");
}

std::string api_fixture::submit(std::string_view payload) {
  const reply made =
      send("POST", "/api/v1/events",
           R"({"event_type":"user.created","payload":)" + std::string(payload) + "}");
  CAPTURE(made.body);
  REQUIRE(made.status == 202);
  return text_at(made, "/id");
}

boost::json::value json_of(const reply& reply) {
  return boost::json::parse(reply.body);
}

std::string text_at(const reply& reply, std::string_view pointer) {
  boost::system::error_code failed;
  const auto document = boost::json::parse(reply.body, failed);
  const auto* found = failed ? nullptr : document.find_pointer(pointer, failed);
  if (found == nullptr) {
    return "(nothing there)";
  }
  return found->is_string() ? std::string(found->get_string()) : boost::json::serialize(*found);
}

}  // namespace talaria::http::test
