#include "delivery/address_guard.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

#include <string>
#include <string_view>

namespace talaria::delivery {

namespace {

bool is_public_text(std::string_view text) {
  return is_public(parse_ip_address(text).value());
}

address_policy excepting(std::string_view text) {
  address_policy policy;
  policy.allowed = {parse_network(text).value()};
  return policy;
}

}  // namespace

TEST_CASE("public addresses are public, up to the borders of the special ranges") {
  for (const char* text : {"1.0.0.0",          "1.1.1.1",           "8.8.8.8",
                           "9.255.255.255",    "11.0.0.0",          "100.63.255.255",
                           "100.128.0.0",      "126.255.255.255",   "128.0.0.0",
                           "169.253.255.255",  "169.255.0.0",       "172.15.255.255",
                           "172.32.0.0",       "191.255.255.255",   "192.0.1.0",
                           "192.0.3.0",        "192.88.98.255",     "192.88.100.0",
                           "192.167.255.255",  "192.169.0.0",       "198.17.255.255",
                           "198.20.0.0",       "198.51.99.255",     "198.51.101.0",
                           "203.0.112.255",    "203.0.114.0",       "223.255.255.255",
                           "2000::",           "2001:200::1",       "2001:4860:4860::8888",
                           "2001:db7:ffff::1", "2001:db9::1",       "2003::1",
                           "2606:4700::1111",  "2a00:1450:4001::1", "3ffe:ffff::1",
                           "3fff:1000::1",     "::ffff:8.8.8.8",    "::ffff:808:808",
                           "64:ff9b::8.8.8.8"}) {
    CAPTURE(text);
    CHECK(is_public_text(text));
  }
}

TEST_CASE("special IPv4 addresses are not public, first and last of each range") {
  for (const char* text :
       {"0.0.0.0",         "0.255.255.255",   "10.0.0.0",        "10.255.255.255",
        "100.64.0.0",      "100.127.255.255", "127.0.0.0",       "127.0.0.1",
        "127.255.255.255", "169.254.0.0",     "169.254.169.254", "169.254.255.255",
        "172.16.0.0",      "172.31.255.255",  "192.0.0.0",       "192.0.0.255",
        "192.0.2.0",       "192.0.2.255",     "192.88.99.0",     "192.88.99.255",
        "192.168.0.0",     "192.168.255.255", "198.18.0.0",      "198.19.255.255",
        "198.51.100.0",    "198.51.100.255",  "203.0.113.0",     "203.0.113.255",
        "224.0.0.0",       "239.255.255.255", "240.0.0.0",       "255.255.255.254",
        "255.255.255.255"}) {
    CAPTURE(text);
    CHECK_FALSE(is_public_text(text));
  }
}

TEST_CASE("IPv6 addresses outside of the assigned global space are not public") {
  for (const char* text : {"::",
                           "::1",
                           "::2",
                           "100::1",
                           "100:0:0:1::1",
                           "1fff::1",
                           "4000::1",
                           "5f00::1",
                           "8000::1",
                           "fc00::1",
                           "fd00::1",
                           "fd00:ec2::254",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff00::1",
                           "ff02::1",
                           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                           "2001::1",
                           "2001:0:4136:e378::1",
                           "2001:2::1",
                           "2001:10::1",
                           "2001:20::1",
                           "2001:1ff:ffff::1",
                           "2001:db8::1",
                           "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                           "2002::1",
                           "2002:808:808::1",
                           "2002:7f00:1::",
                           "2002:a9fe:a9fe::",
                           "3fff::1",
                           "3fff:fff::1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_public_text(text));
  }
}

TEST_CASE("IPv6 forms that embed a special IPv4 address are not public") {
  for (const char* text :
       {"::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "::ffff:0:0", "0:0:0:0:0:ffff:192.168.0.1", "::127.0.0.1", "::7f00:1", "::10.1.2.3",
        "::192.168.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254",
        "64:ff9b:1::7f00:1", "64:ff9b:1::808:808", "64:ff9b::1:808:808", "::ffff:0:127.0.0.1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_public_text(text));
  }
}

TEST_CASE("mapped addresses are held as IPv4, others keep their text") {
  CHECK(to_string(parse_ip_address("::ffff:10.1.2.3").value()) == "10.1.2.3");
  CHECK(parse_ip_address("::ffff:10.1.2.3").value() == parse_ip_address("10.1.2.3").value());
  for (const char* text : {"0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1:0:0:1",
                           "64:ff9b::a00:1", "fe80::1"}) {
    CAPTURE(text);
    CHECK(to_string(parse_ip_address(text).value()) == text);
  }
}

TEST_CASE("only canonical texts are addresses") {
  using namespace std::string_view_literals;
  for (const auto text :
       {""sv,           " "sv,           "localhost"sv,   "127.1"sv,
        "0x7f.1"sv,     "2130706433"sv,  "127.0.0.01"sv,  "127.0.0.1 "sv,
        " 127.0.0.1"sv, "127.0.0.256"sv, "127.0.0.1.1"sv, "127.0.0.-1"sv,
        "[::1]"sv,      "::1%lo"sv,      "fe80::1%1"sv,   ":::"sv,
        "1::2::3"sv,    "12345::"sv,     "127.0.0.1\0"sv, "127.0.0.1\0.example.com"sv,
        "::1\0"sv,      "127.0.0.1/8"sv}) {
    CAPTURE(text);
    CHECK_FALSE(parse_ip_address(text).has_value());
  }
}

TEST_CASE("a socket's address becomes the same as its text") {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  inet_pton(AF_INET, "10.1.2.3", &four.sin_addr);
  CHECK(to_string(to_ip_address(reinterpret_cast<const sockaddr&>(four))) == "10.1.2.3");
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  inet_pton(AF_INET6, "2606:4700::1111", &six.sin6_addr);
  CHECK(to_string(to_ip_address(reinterpret_cast<const sockaddr&>(six))) == "2606:4700::1111");
  inet_pton(AF_INET6, "::ffff:127.0.0.1", &six.sin6_addr);
  CHECK(to_string(to_ip_address(reinterpret_cast<const sockaddr&>(six))) == "127.0.0.1");
}

TEST_CASE("a network contains exactly the addresses that share its prefix") {
  struct expectation {
    const char* network;
    const char* address;
    bool contained;
  };
  for (const auto& [network, address, contained] : {
           expectation{"10.0.0.0/8", "10.255.255.255", true},
           expectation{"10.0.0.0/8", "11.0.0.0", false},
           expectation{"10.20.30.40/8", "10.0.0.1", true},
           expectation{"172.16.0.0/12", "172.31.255.255", true},
           expectation{"172.16.0.0/12", "172.32.0.0", false},
           expectation{"192.168.1.128/25", "192.168.1.127", false},
           expectation{"192.168.1.128/25", "192.168.1.255", true},
           expectation{"192.168.1.1", "192.168.1.1", true},
           expectation{"192.168.1.1", "192.168.1.2", false},
           expectation{"192.168.1.1/32", "192.168.1.0", false},
           expectation{"192.168.1.0/31", "192.168.1.1", true},
           expectation{"0.0.0.0/0", "255.0.0.1", true},
           expectation{"0.0.0.0/0", "::1", false},
           expectation{"::/0", "fe80::1", true},
           expectation{"::/0", "10.0.0.1", false},
           expectation{"::ffff:10.0.0.0/104", "10.255.0.1", true},
           expectation{"::ffff:10.0.0.0/104", "11.0.0.1", false},
           expectation{"::ffff:10.0.0.1", "10.0.0.1", true},
           expectation{"fd00::/8", "fdff::1", true},
           expectation{"fd00::/8", "fc00::1", false},
           expectation{"2001:db8::/33", "2001:db8:7fff::1", true},
           expectation{"2001:db8::/33", "2001:db8:8000::1", false},
           expectation{"::1/128", "::1", true},
           expectation{"::1", "::2", false},
       }) {
    CAPTURE(network);
    CAPTURE(address);
    CHECK(parse_network(network).value().contains(parse_ip_address(address).value()) == contained);
  }
}

TEST_CASE("malformed networks are refused") {
  for (const char* text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",
                           "10.0.0.0/8 ", "10.0.0.0/ 8", "10.0.0.0/0x8", "10.0.0.0/8/8",
                           "10.0.0.0/256", "10.0.0/8", "::/129", "::1/1000", "::ffff:10.0.0.0/95",
                           "::ffff:10.0.0.0/8", "example.com", "10.0.0.0,10.0.0.1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_network(text).has_value());
  }
}

TEST_CASE("a policy allows public addresses at its ports only") {
  const address_policy policy;
  const auto somewhere = parse_ip_address("8.8.8.8").value();
  CHECK(policy.allows(somewhere, 80));
  CHECK(policy.allows(somewhere, 443));
  CHECK_FALSE(policy.allows(somewhere, 22));
  CHECK_FALSE(policy.allows(somewhere, 8443));
  CHECK_FALSE(policy.allows(somewhere, 0));
  CHECK_FALSE(policy.allows(parse_ip_address("127.0.0.1").value(), 443));
}

TEST_CASE("a policy allows every port of the networks that it excepts, and nothing beside them") {
  const auto policy = excepting("10.1.0.0/16");
  CHECK(policy.allows(parse_ip_address("10.1.2.3").value(), 9999));
  CHECK(policy.allows(parse_ip_address("::ffff:10.1.2.3").value(), 9999));
  CHECK_FALSE(policy.allows(parse_ip_address("10.2.0.0").value(), 443));
  CHECK_FALSE(policy.allows(parse_ip_address("64:ff9b::10.1.2.3").value(), 443));
  CHECK_FALSE(policy.allows(parse_ip_address("8.8.8.8").value(), 9999));
}

}  // namespace talaria::delivery
