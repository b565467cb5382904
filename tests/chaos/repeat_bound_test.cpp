#include "chaos/repeat_bound.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace talaria::chaos;

namespace {

const std::vector<subscription_plan> subscriptions{
    {.name = "one"}, {.name = "other"}, {.name = "ordered", .ordered = true}};
constexpr std::uint64_t everyone = 512 + 512 + 2;

disturbance happened(fault_kind kind, const std::string& request = {}) {
  disturbance one;
  one.fault.kind = kind;
  one.fault.settings.request_json = request;
  return one;
}

std::uint64_t bound_of(const disturbance& one) {
  return repeats_bound(0, {one}, subscriptions);
}

std::uint64_t bound_of(const std::string& request) {
  return bound_of(happened(fault_kind::fault, request));
}

}  // namespace

TEST_CASE("each end of the process may repeat everyone's window, whoever ended it") {
  CHECK(repeats_bound(3, {}, subscriptions) == 3 * everyone);
  CHECK(repeats_bound(3, {happened(fault_kind::process_kill)}, subscriptions) == 3 * everyone);
  CHECK(bound_of(R"({"point":"outcome.after_commit","action":"exit","count":1})") == 0);
  CHECK(repeats_bound(1, {happened(fault_kind::takeover)}, subscriptions) == 2 * everyone);
}

TEST_CASE("what holds up the process or its store may repeat everyone's window once") {
  using enum fault_kind;
  for (const auto kind : {process_pause, descriptor_exhaustion, disk_full, postgres_restart,
                          postgres_terminate_backends, postgres_pause, postgres_slow,
                          postgres_failover, clock_jump}) {
    CHECK(bound_of(happened(kind)) == everyone);
    CHECK(interrupts(happened(kind)));
  }
}

TEST_CASE("a hostile receiver explains no repeats") {
  CHECK(bound_of(happened(fault_kind::receiver_hostile)) == 0);
  CHECK_FALSE(interrupts(happened(fault_kind::receiver_hostile)));
  CHECK(interrupts(happened(fault_kind::process_kill)));
  CHECK(interrupts(happened(fault_kind::fault, "{}")));
}

TEST_CASE("what goes in good order explains no repeats, nor do links that carry only hints") {
  using enum fault_kind;
  for (const auto kind : {node_stop, node_join, rolling_restart, partition_link}) {
    CHECK(bound_of(happened(kind)) == 0);
    CHECK_FALSE(interrupts(happened(kind)));
  }
  CHECK(bound_of(happened(partition_database)) == everyone);
  CHECK(interrupts(happened(partition_database)));
}

TEST_CASE("an injected fault may repeat the windows of those that it fails, each time") {
  CHECK(bound_of(R"({"point":"actor.now","action":"kill","target":{"kind":"subscription"}})") ==
        everyone);
  CHECK(bound_of(R"({"point":"actor.message","action":"throw","target":{"kind":"subscription"},
                     "count":3})") == 3 * 512);
  CHECK(bound_of(R"({"point":"actor.message","action":"hang","target":{"kind":"subscription"},
                     "count":3})") == 3 * everyone);
  CHECK(bound_of(R"({"point":"actor.message","action":"kill","target":{"kind":"dispatcher"},
                     "count":1})") == everyone);
  CHECK(bound_of(R"({"point":"store.any.before","action":"fail"})") == 10 * everyone);
}
