#include "http/client_address.hpp"

#include "http/address_quota.hpp"

#include <doctest/doctest.h>

#include <string_view>
#include <vector>

namespace talaria::http::test {
namespace {

delivery::ip_address address(std::string_view text) {
  return delivery::parse_ip_address(text).value();
}

std::vector<delivery::network> networks(const std::vector<std::string_view>& texts) {
  std::vector<delivery::network> made;
  for (const std::string_view text : texts) {
    made.push_back(delivery::parse_network(text).value());
  }
  return made;
}

struct forwarded_case {
  std::string_view peer;
  std::vector<std::string_view> headers;
  std::string_view client;
};

}  // namespace

TEST_CASE("the client is the last address in X-Forwarded-For that is no trusted proxy's") {
  const auto proxies = networks({"10.0.0.0/8", "2001:db8::/32"});
  const std::vector<forwarded_case> cases{
      {"192.0.2.1", {}, "192.0.2.1"},
      {"192.0.2.1", {"198.51.100.7"}, "192.0.2.1"},
      {"10.0.0.1", {}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.7"}, "198.51.100.7"},
      {"::ffff:10.0.0.1", {"198.51.100.7"}, "198.51.100.7"},
      {"2001:db8::1", {"2001:db9::1"}, "2001:db9::1"},
      {"10.0.0.1", {"203.0.113.1, 198.51.100.7"}, "198.51.100.7"},
      {"10.0.0.1", {"198.51.100.7,10.0.0.2 ,\t10.0.0.3"}, "198.51.100.7"},
      {"10.0.0.1", {"203.0.113.1", "198.51.100.7, 10.0.0.2", "10.0.0.3"}, "198.51.100.7"},
      {"10.0.0.1", {"203.0.113.1", "198.51.100.7"}, "198.51.100.7"},
      {"10.0.0.1", {"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
      {"10.0.0.1", {"198.51.100.7:4711"}, "198.51.100.7"},
      {"10.0.0.1", {"[2001:db9::1]:4711"}, "2001:db9::1"},
      {"10.0.0.1", {"[2001:db9::1]"}, "2001:db9::1"},
      {"10.0.0.1", {"198.51.100.7, unknown"}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.7, unknown, 10.0.0.2"}, "10.0.0.2"},
      {"10.0.0.1", {"198.51.100.7", "unknown"}, "10.0.0.1"},
      {"10.0.0.1", {""}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.7,"}, "10.0.0.1"},
      {"10.0.0.1", {"["}, "10.0.0.1"},
  };
  for (const forwarded_case& tried : cases) {
    request request;
    for (const std::string_view value : tried.headers) {
      request.headers.push_back({"x-forwarded-for", value});
      request.headers.push_back({"X-Forwarded-Host", "192.0.2.9"});
    }
    CAPTURE(tried.headers);
    CHECK(to_string(client_address(request, address(tried.peer), proxies)) == tried.client);
  }
}

TEST_CASE("an address has its share of connections, and not one more until one has ended") {
  const auto quota = std::make_shared<address_quota>(2);
  auto first = quota->take(address("192.0.2.1"));
  const auto second = quota->take(address("192.0.2.1"));
  CHECK(first.has_value());
  CHECK(second.has_value());
  CHECK_FALSE(quota->take(address("192.0.2.1")).has_value());
  CHECK(quota->take(address("192.0.2.2")).has_value());
  first.reset();
  first = quota->take(address("192.0.2.1"));
  CHECK(first.has_value());
  CHECK_FALSE(quota->take(address("192.0.2.1")).has_value());
}

TEST_CASE("a share may be taken in parts of any size, to its last unit") {
  const auto quota = std::make_shared<address_quota>(10);
  CHECK_FALSE(quota->take(address("192.0.2.1"), 11).has_value());
  const auto most = quota->take(address("192.0.2.1"), 7);
  CHECK(most.has_value());
  CHECK_FALSE(quota->take(address("192.0.2.1"), 4).has_value());
  CHECK(quota->take(address("192.0.2.1"), 3).has_value());
  CHECK(quota->take(address("192.0.2.2"), 10).has_value());
}

TEST_CASE("a place that is moved is given back once") {
  const auto quota = std::make_shared<address_quota>(1);
  {
    auto taken = quota->take(address("192.0.2.1"));
    const address_quota::place moved = *std::move(taken);
    taken.reset();
    CHECK_FALSE(quota->take(address("192.0.2.1")).has_value());
  }
  CHECK(quota->take(address("192.0.2.1")).has_value());
}

TEST_CASE("the addresses of one /64 share, those of the next do not, and no IPv4 address does") {
  const auto quota = std::make_shared<address_quota>(1);
  const auto taken = quota->take(address("2001:db8::1"));
  CHECK(taken.has_value());
  CHECK_FALSE(quota->take(address("2001:db8::ffff:0:0:2")).has_value());
  CHECK(quota->take(address("2001:db8:0:1::1")).has_value());
  CHECK(quota->take(address("32.1.13.184")).has_value());
}

TEST_CASE("without a bound an address has as many connections as it likes") {
  const auto quota = std::make_shared<address_quota>(0);
  const auto first = quota->take(address("192.0.2.1"));
  const auto second = quota->take(address("192.0.2.1"));
  CHECK(first.has_value());
  CHECK(second.has_value());
}

}  // namespace talaria::http::test
