#include "app/configuration.hpp"

#include "app/settings.hpp"
#include "tests/support/certificate.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>

using namespace talaria;
using namespace std::chrono_literals;
using app::read_configuration;

namespace {

/// The name that a configuration of this file alone is refused for.
std::string refused_name(const std::string& toml) {
  const auto read = read_configuration(toml, {}, {});
  return read ? "" : read.error().field;
}

}  // namespace

TEST_CASE("nothing given means the defaults, which are what the settings' texts say") {
  const auto read = read_configuration("", {}, {});
  REQUIRE(read);
  CHECK(read->http_host == "127.0.0.1");
  CHECK(read->http_port == 8080);
  CHECK(read->store_url == "sqlite:talaria.db");
  for (const auto& setting : app::all_settings()) {
    app::configuration ignored;
    CAPTURE(setting.key);
    if (!setting.default_text.empty())
      CHECK(setting.apply(setting.default_text, ignored));
  }
}

TEST_CASE("a file is overridden by variables, and these by flags") {
  const std::string file =
      "[http]\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = \"warn\"\nformat = \"json\"";
  const auto read = read_configuration(
      file,
      {{"TALARIA_HTTP_LISTEN", "127.0.0.1:2"}, {"TALARIA_LOG_LEVEL", "debug"}, {"PATH", "/bin"}},
      {{"http.listen", "127.0.0.1:3"}});
  REQUIRE(read);
  CHECK(read->http_port == 3);
  CHECK(read->log_level == "debug");
  CHECK(read->log == app::log_format::json);
}

TEST_CASE("an unknown setting is refused by its name, wherever it stands") {
  CHECK(refused_name("[http]\nlistne = \"x\"") == "http.listne");
  CHECK(refused_name("top = 1") == "top");
  CHECK(read_configuration("", {{"TALARIA_HTTP_LISTNE", "x"}}, {}).error().field ==
        "TALARIA_HTTP_LISTNE");
}

TEST_CASE("the variable that names the file is not a setting") {
  CHECK(read_configuration("", {{"TALARIA_CONFIG", "talaria.toml"}}, {}));
}

TEST_CASE("an impossible value is refused with the setting named") {
  const auto flag = read_configuration("", {}, {{"http.listen", "nowhere"}});
  REQUIRE_FALSE(flag);
  CHECK(flag.error().detail.find("--http-listen must be") == 0);
  CHECK(refused_name("[http]\nworkers = 0") == "http.workers");
  CHECK(refused_name("[http]\nworkers = 65") == "http.workers");
  CHECK(refused_name("[http]\nworkers = 64").empty());
  CHECK(refused_name("[http]\nworkers = 1").empty());
  CHECK(refused_name("[http]\nworkers = -1") == "http.workers");
  CHECK(refused_name("[http]\nworkers = 1.5") == "http.workers");
  CHECK(refused_name("[http]\nlisten = \"127.0.0.1:65536\"") == "http.listen");
  CHECK(refused_name("[http]\nconnections_per_address_max = 0").empty());
  CHECK(refused_name("[http]\nconnections_per_address_max = 1000001") ==
        "http.connections_per_address_max");
  CHECK(refused_name("[http]\ntrusted_proxies = [\"10.0.0.0/8\"]").empty());
  CHECK(refused_name("[http]\ntrusted_proxies = [\"proxy\"]") == "http.trusted_proxies");
  CHECK(refused_name("[store]\nurl = \"mysql:x\"") == "store.url");
  CHECK(refused_name("[store]\nurl = \"sqlite:\"") == "store.url");
  CHECK(refused_name("[store]\nread_urls = [\"sqlite:a\"]") == "store.read_urls");
  CHECK(refused_name("[store]\nwriters = 0") == "store.writers");
  CHECK(refused_name("[store]\nwriters = 17") == "store.writers");
  CHECK(refused_name("[store]\naccept_data_loss = \"perhaps\"") == "store.accept_data_loss");
  CHECK(refused_name("[log]\nlevel = \"loud\"") == "log.level");
  CHECK(refused_name("[log]\nformat = \"xml\"") == "log.format");
  CHECK(refused_name("[auth]\nbootstrap_key = \"fifteen-letters\"") == "auth.bootstrap_key");
  CHECK(refused_name("[auth]\nbootstrap_key = \"sixteen-letters-\"").empty());
}

TEST_CASE("a certificate for HTTPS comes with its key, and both are read before anything starts") {
  const auto own = test_support::make_certificate({"localhost"});
  const auto other = test_support::make_certificate({"localhost"});
  const test_support::temporary_file certificate(own.certificate_pem);
  const test_support::temporary_file key(own.key_pem);
  const test_support::temporary_file other_key(other.key_pem);
  const test_support::temporary_file nothing("nothing");
  const auto refused = [](const std::string& certificate_path, const std::string& key_path) {
    std::string toml = "[http]\n";
    toml += certificate_path.empty() ? "" : "tls_certificate = \"" + certificate_path + "\"\n";
    toml += key_path.empty() ? "" : "tls_key = \"" + key_path + "\"\n";
    return refused_name(toml);
  };
  CHECK(refused(certificate.path(), key.path()).empty());
  CHECK(refused(certificate.path(), "") == "http.tls_key");
  CHECK(refused("", key.path()) == "http.tls_certificate");
  CHECK(refused("/nowhere", key.path()) == "http.tls_certificate");
  CHECK(refused(nothing.path(), key.path()) == "http.tls_certificate");
  CHECK(refused(certificate.path(), "/nowhere") == "http.tls_key");
  CHECK(refused(certificate.path(), nothing.path()) == "http.tls_key");
  CHECK(refused(certificate.path(), other_key.path()) == "http.tls_key");
  CHECK(refused(key.path(), certificate.path()) == "http.tls_certificate");
}

TEST_CASE("a file that is not TOML is refused with its line") {
  const auto read = read_configuration("[http]\nlisten = \n", {}, {});
  REQUIRE_FALSE(read);
  CHECK(read.error().detail.find("line 2") != std::string::npos);
}

TEST_CASE("networks come as a list in the file, and comma-separated elsewhere") {
  const auto from_file =
      read_configuration("[delivery]\nallow_addresses = [\"10.0.0.0/8\", \"::1\"]", {}, {});
  REQUIRE(from_file);
  CHECK(from_file->allow_addresses.size() == 2);
  const auto from_variable =
      read_configuration("", {{"TALARIA_DELIVERY_ALLOW_ADDRESSES", "127.0.0.0/8, ::1,"}}, {});
  REQUIRE(from_variable);
  CHECK(from_variable->allow_addresses.size() == 2);
  CHECK_FALSE(read_configuration("", {{"TALARIA_DELIVERY_ALLOW_ADDRESSES", "localhost"}}, {}));
}

TEST_CASE("keys that seal secrets come as a list in the file, and comma-separated elsewhere") {
  const std::string first = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
  const std::string second = "MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
  const std::vector<std::string> keys{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef",
                                      "1234567890abcdefghijklmnopqrstuv"};
  const auto from_file =
      read_configuration("[secrets]\nkeys = [\"" + first + "\", \"" + second + "\"]", {}, {});
  REQUIRE(from_file);
  CHECK(from_file->secret_keys == keys);
  const auto from_variable =
      read_configuration("", {{"TALARIA_SECRETS_KEYS", first + ", " + second}}, {});
  REQUIRE(from_variable);
  CHECK(from_variable->secret_keys == keys);
}

TEST_CASE("a malformed key that seals secrets is refused by the setting's name, not repeated") {
  for (const auto* text : {"", ",", "hunter2", "aHVudGVyMg=="}) {
    const auto read = read_configuration("", {{"TALARIA_SECRETS_KEYS", text}}, {});
    REQUIRE_FALSE(read);
    CHECK(read.error().field == "TALARIA_SECRETS_KEYS");
    CHECK(read.error().detail.find("hunter2") == std::string::npos);
    CHECK(read.error().detail.find("aHVudGVyMg") == std::string::npos);
  }
  CHECK(refused_name("[secrets]\nkeys = \"hunter2\"") == "secrets.keys");
  CHECK(refused_name("[secrets]\nkey_file = \"\"") == "secrets.key_file");
}

TEST_CASE("a proxy is taken apart, and a malformed one refused without repeating its password") {
  const auto read = read_configuration(
      "", {{"TALARIA_DELIVERY_PROXY", "http://user:secret@proxy.test:3128"}}, {});
  REQUIRE(read);
  CHECK(read->delivery_proxy == delivery::proxy{"proxy.test", 3128, "user", "secret"});
  CHECK_FALSE(read_configuration("", {}, {})->delivery_proxy.has_value());
  for (const auto* text :
       {"", "http://user:hunter2@proxy.test", "https://user:hunter2@proxy.test:1"}) {
    const auto refused = read_configuration("", {{"TALARIA_DELIVERY_PROXY", text}}, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().field == "TALARIA_DELIVERY_PROXY");
    CHECK(refused.error().detail.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a bundle of certificates is read, and refused with the setting named if it holds none") {
  const auto bundle_of = [](const std::string& content) {
    const test_support::temporary_file file(content);
    return refused_name("[delivery]\nca_bundle = \"" + file.path() + "\"");
  };
  const auto authority = test_support::make_certificate({"receiver.test"});
  const auto& pem = authority.certificate_pem;

  CHECK(bundle_of(pem) == "");
  CHECK(bundle_of("# two\n" + pem + "\n" + pem) == "");
  CHECK(bundle_of("") == "delivery.ca_bundle");
  CHECK(bundle_of("no certificate") == "delivery.ca_bundle");
  CHECK(bundle_of(authority.key_pem) == "delivery.ca_bundle");
  CHECK(bundle_of(pem + pem.substr(0, 200)) == "delivery.ca_bundle");
  CHECK(bundle_of(pem.substr(0, 200) + "!" + pem.substr(200)) == "delivery.ca_bundle");
  CHECK(refused_name("[delivery]\nca_bundle = \"/nonexistent.pem\"") == "delivery.ca_bundle");
  CHECK(refused_name("[delivery]\nca_bundle = \"/tmp\"") == "delivery.ca_bundle");
  CHECK(refused_name("[delivery]\nca_bundle = \"\"") == "delivery.ca_bundle");
}

TEST_CASE("an IPv6 address to listen on stands in brackets") {
  const auto read = read_configuration("", {}, {{"http.listen", "[::1]:9"}});
  REQUIRE(read);
  CHECK(read->http_host == "::1");
  CHECK(read->http_port == 9);
}

TEST_CASE("without an address there are no links between nodes, whatever else is set") {
  CHECK(read_configuration("", {}, {})->links.listen_host.empty());
  const auto read = read_configuration("[cluster]\nca = \"/nowhere\"", {}, {});
  REQUIRE(read);
  CHECK(read->links.listen_host.empty());
}

TEST_CASE("links listen on loopback without more, and elsewhere with a secret and files only") {
  const auto read = read_configuration(
      "[cluster]\nlisten = \"127.0.0.1:9090\"\n[node]\nname = \"north\"", {}, {});
  REQUIRE(read);
  CHECK(read->links.listen_host == "127.0.0.1");
  CHECK(read->links.listen_port == 9090);
  CHECK(read->links.name == "north");
  CHECK(refused_name("[cluster]\nlisten = \"10.0.0.1:9090\"") == "cluster.certificate");
  CHECK(refused_name("[cluster]\nlisten = \"10.0.0.1\"") == "cluster.listen");
  CHECK(refused_name("[cluster]\nlisten = \"north:9090\"") == "cluster.listen");
  CHECK(refused_name("[cluster]\nlisten = \"127.0.0.1:9090\"\nkey = \"/nowhere\"") ==
        "cluster.certificate");
}

TEST_CASE("a cluster's secret has sixteen characters, and is in no message") {
  const auto read = read_configuration("[cluster]\nsecret = \"fifteen-letters\"", {}, {});
  REQUIRE_FALSE(read);
  CHECK(read.error().field == "cluster.secret");
  CHECK(read.error().detail.find("fifteen-letters") == std::string::npos);
  CHECK(refused_name("[cluster]\nsecret = \"sixteen-letters-\"").empty());
}

TEST_CASE("a node is advertised as a host, with or without a port") {
  const auto advertised = [](const std::string& text) {
    const auto read = read_configuration("", {}, {{"cluster.advertise", text}});
    return read ? fmt::format("{} {}", read->links.advertised_host, read->links.advertised_port)
                : read.error().field;
  };
  CHECK(advertised("north.example") == "north.example 0");
  CHECK(advertised("north.example:9090") == "north.example 9090");
  CHECK(advertised("10.0.0.1:65535") == "10.0.0.1 65535");
  CHECK(advertised("fd00::1") == "fd00::1 0");
  CHECK(advertised("[fd00::1]") == "fd00::1 0");
  CHECK(advertised("[fd00::1]:9090") == "fd00::1 9090");
  for (const std::string wrong : {"", ":9090", "north:0", "north:65536", "north:", "north:port",
                                  "a:b:1", "[]", "no rth", "http://north"}) {
    CAPTURE(wrong);
    CHECK(advertised(wrong) == "--cluster-advertise");
  }
}

TEST_CASE("what is on or off may be written as a boolean, or as its text") {
  for (const auto* on : {"true", "\"true\""}) {
    const auto read = read_configuration(fmt::format("[store]\naccept_data_loss = {}", on), {}, {});
    REQUIRE(read);
    CHECK(read->accept_data_loss);
  }
  CHECK_FALSE(read_configuration("[store]\naccept_data_loss = false", {}, {})->accept_data_loss);
}

TEST_CASE("faults may be injected only where that is switched on") {
  CHECK_FALSE(read_configuration("", {}, {})->chaos_enabled);
  CHECK(read_configuration("[chaos]\nenabled = true", {}, {})->chaos_enabled);
  CHECK(refused_name("[chaos]\nenabled = 1") == "chaos.enabled");
}

TEST_CASE("the process may be told to end at a point that there is, with faults switched on") {
  const std::string enabled = "[chaos]\nenabled = true\nexit_at_point = ";
  const auto read = read_configuration(enabled + "\"store.claim.middle\"", {}, {});
  REQUIRE(read);
  CHECK(read->chaos_exit_at_point == "store.claim.middle");
  CHECK(refused_name("[chaos]\nexit_at_point = \"store.claim.middle\"") == "chaos.enabled");
  CHECK(refused_name(enabled + "\"nowhere\"") == "chaos.exit_at_point");
  CHECK(refused_name(enabled + "\"actor.now\"") == "chaos.exit_at_point");
  CHECK(refused_name(enabled + "\"\"") == "chaos.exit_at_point");
}

TEST_CASE("variables and flags follow from the key") {
  CHECK(app::variable_of("delivery.allow_addresses") == "TALARIA_DELIVERY_ALLOW_ADDRESSES");
  CHECK(app::flag_of("delivery.allow_addresses") == "--delivery-allow-addresses");
}

TEST_CASE("the documentation lists every setting as it is") {
  std::ifstream file{TALARIA_SOURCE_DIR "/docs/configuration.md"};
  const std::string document{std::istreambuf_iterator<char>{file}, {}};
  for (const auto& setting : app::all_settings()) {
    const auto default_text =
        setting.default_text.empty() ? "" : fmt::format("`{}`", setting.default_text);
    const auto row =
        fmt::format("| `{}` | `{}` | `{}` | {} | {} |", setting.key, app::variable_of(setting.key),
                    app::flag_of(setting.key), default_text, setting.description);
    CAPTURE(row);
    CHECK(document.find(row) != std::string::npos);
  }
}
