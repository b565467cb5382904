#include "delivery/proxy.hpp"

#include <doctest/doctest.h>

#include <string>

namespace talaria::delivery {

TEST_CASE("a proxy is a host and a port, perhaps with a user and a password") {
  CHECK(parse_proxy("http://proxy.test:3128").value() == proxy{"proxy.test", 3128, "", ""});
  CHECK(parse_proxy("http://Proxy.Test:80/").value() == proxy{"proxy.test", 80, "", ""});
  CHECK(parse_proxy("http://10.0.0.1:65535").value() == proxy{"10.0.0.1", 65535, "", ""});
  CHECK(parse_proxy("http://[::1]:1").value() == proxy{"::1", 1, "", ""});
  CHECK(parse_proxy("http://us%40er:p%3Aa:ss%2F@proxy.test:3128").value() ==
        proxy{"proxy.test", 3128, "us@er", "p:a:ss/"});
  CHECK(parse_proxy("http://user:@proxy.test:3128").value() ==
        proxy{"proxy.test", 3128, "user", ""});
}

TEST_CASE("what is no proxy is refused, and its password not repeated") {
  for (const char* text : {"",
                           "proxy.test:3128",
                           "https://user:hunter2@proxy.test:3128",
                           "socks5://user:hunter2@proxy.test:3128",
                           "http://user:hunter2@proxy.test",
                           "http://user:hunter2@proxy.test:",
                           "http://user:hunter2@proxy.test:0",
                           "http://user:hunter2@proxy.test:65536",
                           "http://user:hunter2@proxy.test:hunter2",
                           "http://user:hunter2@:3128",
                           "http://user:hunter2@[::1]",
                           "http://user:hunter2@proxy.test:3128/path",
                           "http://user:hunter2@proxy.test:3128//",
                           "http://user:hunter2@proxy.test:3128?a=b",
                           "http://user:hunter2@proxy.test:3128#a",
                           "http://user:hunter2/@proxy.test:3128",
                           "http://user:hunter2@@proxy.test:3128",
                           "http://user:hunter2%@proxy.test:3128",
                           "http://user:hunter2%0a@proxy.test:3128",
                           "http://user:hunter2%00@proxy.test:3128",
                           "http://us%3Aer:hunter2@proxy.test:3128",
                           "http://hunter2@proxy.test:3128",
                           "http://:hunter2@proxy.test:3128",
                           "http://user:hunter2@pro xy.test:3128",
                           "http://user:hunter2@pro%78y.test:3128"}) {
    CAPTURE(text);
    const auto read = parse_proxy(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().detail.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("user and password have at most 256 bytes each") {
  const std::string most(256, 'p');
  CHECK(parse_proxy("http://" + most + ":" + most + "@proxy.test:1"));
  CHECK_FALSE(parse_proxy("http://" + most + "p:" + most + "@proxy.test:1"));
  CHECK_FALSE(parse_proxy("http://" + most + ":" + most + "p@proxy.test:1"));
}

}  // namespace talaria::delivery
