#include "domain/url.hpp"

#include "domain/limits.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

using namespace talaria::domain;

namespace {

webhook_url accepted(std::string_view text) {
  const auto parsed = parse_webhook_url(text);
  REQUIRE_MESSAGE(parsed, text, ": ", parsed ? "" : parsed.error().detail);
  return *parsed;
}

void check_refused(std::string_view text, ec code = ec::invalid_value) {
  CAPTURE(text);
  const auto parsed = parse_webhook_url(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == code);
  CHECK(parsed.error().field.empty());
  CHECK_FALSE(parsed.error().detail.empty());
}

std::string url_of(std::size_t bytes) {
  std::string text = "https://example.com/";
  return text.append(bytes - text.size(), 'a');
}

}  // namespace

TEST_CASE("an https URL is secure and its port is 443") {
  const auto url = accepted("https://example.com/hooks?a=b&c=%20");
  CHECK(url.secure);
  CHECK(url.host == "example.com");
  CHECK(url.port == 443);
}

TEST_CASE("an http URL is not secure and its port is 80") {
  const auto url = accepted("http://example.com");
  CHECK_FALSE(url.secure);
  CHECK(url.host == "example.com");
  CHECK(url.port == 80);
}

TEST_CASE("the scheme's case does not matter and the host is lower case") {
  const auto url = accepted("HTTPS://Example.COM/Path");
  CHECK(url.secure);
  CHECK(url.host == "example.com");
}

TEST_CASE("a port is from 1 to 65535") {
  CHECK(accepted("http://example.com:1/").port == 1);
  CHECK(accepted("http://example.com:8080/").port == 8080);
  CHECK(accepted("http://example.com:65535/").port == 65535);
  CHECK(accepted("http://example.com:00443/").port == 443);
  for (const auto* port : {"0", "00000", "65536", "99999", "4294967376", "18446744073709551696",
                           "-1", "+80", "80a", "0x50", "8 0"})
    check_refused(std::string{"http://example.com:"} + port + "/");
}

TEST_CASE("an empty port is the scheme's own") {
  CHECK(accepted("https://example.com:/").port == 443);
  CHECK(accepted("http://example.com:").port == 80);
}

TEST_CASE("an IPv4 address is a host") {
  CHECK(accepted("http://127.0.0.1:8080/").host == "127.0.0.1");
}

TEST_CASE("an IPv6 address is a host, in lower case and without its brackets") {
  const auto url = accepted("http://[2001:DB8::1]:8080/");
  CHECK(url.host == "2001:db8::1");
  CHECK(url.port == 8080);
  CHECK(accepted("https://[::1]").host == "::1");
  CHECK(accepted("http://[::FFFF:127.0.0.1]/").host == "::ffff:127.0.0.1");
}

TEST_CASE("an IPv6 address with a fault, or without brackets, is refused") {
  for (const auto* text :
       {"http://[::1", "http://::1/", "http://[:::1]/", "http://[12345::]/", "http://[::1]8080/",
        "http://[]/", "http://[fe80::1%25eth0]/", "http://[1.2.3.4]/"})
    check_refused(text);
}

TEST_CASE("a URL that is not absolute is refused") {
  for (const auto* text : {"", "/hooks", "example.com", "example.com/hooks", "//example.com/",
                           "http:", "http:/", "http:example.com", "http:/example.com", "://x", "?"})
    check_refused(text);
}

TEST_CASE("a scheme other than http and https is refused") {
  for (const auto* text :
       {"ftp://example.com/", "file:///etc/passwd", "ws://example.com/", "httpss://example.com/",
        "javascript:alert(1)", "gopher://example.com/", "unix:/run/socket", "mailto:a@example.com"})
    check_refused(text);
}

TEST_CASE("a URL without a host is refused") {
  for (const auto* text : {"http://", "http:///hooks", "https://:443/", "https://?a"})
    check_refused(text);
}

TEST_CASE("a URL with user information is refused, even with an empty one") {
  for (const auto* text :
       {"https://user@example.com/", "https://user:secret@example.com/", "https://@example.com/",
        "https://:@example.com/", "https://example.com@127.0.0.1/"})
    check_refused(text);
}

TEST_CASE("the detail of a refused URL does not repeat its password") {
  const auto parsed = parse_webhook_url("https://user:hunter2@example.com/");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().detail.find("hunter2") == std::string::npos);
}

TEST_CASE("an @ in the path is no user information") {
  CHECK(accepted("https://example.com/@user").host == "example.com");
}

TEST_CASE("a URL with a fragment is refused, even with an empty one") {
  check_refused("https://example.com/#top");
  check_refused("https://example.com/#");
  check_refused("https://example.com#");
}

TEST_CASE("a space, a control character or a byte beyond ASCII is refused wherever it stands") {
  for (const auto* spoilt : {" ", "\t", "\n", "\r\n", "\x01", "\x7F", "\xC3\xA9", "\\", "<", ">",
                             "\"", "{", "}", "|", "^", "`"}) {
    check_refused(std::string{spoilt} + "https://example.com/");
    check_refused(std::string{"https://exam"} + spoilt + "ple.com/");
    check_refused(std::string{"https://example.com/a"} + spoilt + "b");
    check_refused(std::string{"https://example.com/?a"} + spoilt + "b");
    check_refused(std::string{"https://example.com/"} + spoilt);
  }
  check_refused(std::string_view{"https://example.com/\0x", 22});
}

TEST_CASE("a percent sign without two digits is refused") {
  check_refused("https://example.com/%");
  check_refused("https://example.com/%4");
  check_refused("https://example.com/%zz");
}

TEST_CASE("a host in percent encoding is refused: it could hide any character") {
  for (const auto* text : {"https://exa%6Dple.com/", "https://a%20b/", "https://a%00b/",
                           "https://127.0.0.1%2F.example.com/", "https://a%40b/",
                           "https://a%0D%0Ab/", "https://%E4%BE%8B/"})
    check_refused(text);
}

TEST_CASE("a name that starts like an address is a name to its end") {
  CHECK(accepted("http://127.0.0.1.example.com/").host == "127.0.0.1.example.com");
  CHECK(accepted("http://8.8.8.8.internal:8080/x").host == "8.8.8.8.internal");
  CHECK(accepted("http://8.8.8.8.internal:8080/x").port == 8080);
  CHECK(accepted("http://1.2.3.4-a/").host == "1.2.3.4-a");
  CHECK(accepted("http://1.2.3.4.5?x").host == "1.2.3.4.5");
}

TEST_CASE("what follows an address or a port without a slash is refused") {
  for (const auto* text :
       {"http://[::1]evil.example/", "http://[::1]@evil.example/", "http://[::1].evil/",
        "http://8.8.8.8@evil.example/", "http://8.8.8.8%40evil.example/", "http://8.8.8.8:80x/",
        "http://example.com:80@evil.example/", "http://example.com:80:90/", "http://[v1.a]/"})
    check_refused(text);
}

TEST_CASE("a URL's query may follow its host at once, with a slash or an @ in it") {
  CHECK(accepted("https://example.com?a=/@b:1").host == "example.com");
  CHECK(accepted("https://example.com:8443?a").port == 8443);
}

TEST_CASE("a URL has at most 2048 bytes") {
  CHECK(accepted(url_of(limits::url_bytes_max)).host == "example.com");
  check_refused(url_of(limits::url_bytes_max + 1), ec::too_large);
}

TEST_CASE("a mutilated URL is refused or has a plain host and a port (seed 1)") {
  std::mt19937_64 random{1};
  constexpr std::string_view original = "https://[2001:db8::1]:8443/a%20b?c=d";
  constexpr std::string_view alphabet = "htps:/@[]%#?.0123456789aF \n";
  int kept = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text{original};
    for (auto changes = random() % 8; changes > 0 && !text.empty(); --changes) {
      const auto position = random() % text.size();
      if (random() % 2 == 0)
        text.erase(position, 1 + random() % 4);
      else
        text.insert(position, 1, alphabet[random() % alphabet.size()]);
    }
    const auto parsed = parse_webhook_url(text);
    if (!parsed)
      continue;
    ++kept;
    CAPTURE(text);
    REQUIRE(parsed->port > 0);
    REQUIRE_FALSE(parsed->host.empty());
    REQUIRE(std::none_of(parsed->host.begin(), parsed->host.end(), [](unsigned char c) {
      return c <= ' ' || c >= 0x7F ||
             std::string_view{"/?#@[]%\\"}.find(static_cast<char>(c)) != std::string_view::npos;
    }));
  }
  CHECK(kept > 0);
}
