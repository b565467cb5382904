#include "cluster/link_options.hpp"

#include "tests/cluster/cluster_files.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>

#include <string>

using namespace talaria;
using namespace talaria::cluster;
using std::chrono::days;
using test::cluster_files;

namespace {

link_options on_loopback() {
  link_options made;
  made.name = "north";
  made.incarnation = "a";
  made.listen_host = "127.0.0.1";
  return made;
}

link_options on_the_network(const link_tls& tls) {
  auto made = on_loopback();
  made.listen_host = "192.0.2.1";
  made.secret = "sixteen letters.";
  made.tls = tls;
  return made;
}

/// The setting that is named, which is in the text, too.
std::string refused_for(const link_options& options) {
  const auto checked = check(options);
  if (checked)
    return "";
  CHECK(checked.error().detail.find(checked.error().field) == 0);
  CHECK(ERR_peek_error() == 0);
  return checked.error().field;
}

}  // namespace

TEST_CASE("links on loopback need neither TLS nor a secret") {
  auto options = on_loopback();
  CHECK(check(options));
  options.listen_host = "::1";
  CHECK(check(options));
  options.listen_host = "127.8.9.10";
  CHECK(check(options));
}

TEST_CASE("links that leave the machine need TLS, and a secret of sixteen characters") {
  const cluster_files files;
  const auto tls = files.tls("north");
  auto options = on_the_network(tls);
  CHECK(refused_for(options).empty());
  options.secret.pop_back();
  CHECK(refused_for(options) == "cluster.secret");
  options.secret.clear();
  CHECK(refused_for(options) == "cluster.secret");
  CHECK(refused_for(on_the_network({})) == "cluster.certificate");
  for (const auto* host : {"10.0.0.1", "::2", "0.0.0.0", "::", "127.0.0.1.example", "128.0.0.1"}) {
    CAPTURE(host);
    options = on_loopback();
    options.listen_host = host;
    CHECK_FALSE(check(options));
  }
}

TEST_CASE("an address is a number, and one that stands for all needs one that others can use") {
  const cluster_files files;
  auto options = on_the_network(files.tls("north"));
  options.listen_host = "localhost";
  CHECK(refused_for(options) == "cluster.listen");
  options.listen_host = "";
  CHECK(refused_for(options) == "cluster.listen");
  options.listen_host = "0.0.0.0";
  CHECK(refused_for(options) == "cluster.advertise");
  options.advertised_host = "north.example";
  CHECK(refused_for(options).empty());
  CHECK(advertised_host(options) == "north.example");
  options.listen_host = "::";
  CHECK(refused_for(options).empty());
}

TEST_CASE("of the three files none may be missing, damaged, or another's") {
  const cluster_files files;
  const cluster_files others;
  const auto good = files.tls("north");
  const auto refused = [](link_tls tls) { return refused_for(on_the_network(tls)); };
  const auto with = [&](std::string link_tls::*file, const std::string& path) {
    auto tls = good;
    tls.*file = path;
    return tls;
  };
  const auto nothing = files.write("nothing", "nothing");
  CHECK(refused(with(&link_tls::certificate_file, "")) == "cluster.certificate");
  CHECK(refused(with(&link_tls::key_file, "")) == "cluster.key");
  CHECK(refused(with(&link_tls::ca_file, "")) == "cluster.ca");
  for (const auto& bad : {std::string{"/nowhere"}, nothing, std::string{"/"}}) {
    CAPTURE(bad);
    CHECK(refused(with(&link_tls::certificate_file, bad)) == "cluster.certificate");
    CHECK(refused(with(&link_tls::key_file, bad)) == "cluster.key");
    CHECK(refused(with(&link_tls::ca_file, bad)) == "cluster.ca");
  }
  CHECK(refused(with(&link_tls::key_file, files.tls("south").key_file)) == "cluster.key");
  CHECK(refused(with(&link_tls::ca_file, others.path("ca.pem"))) == "cluster.certificate");
  // Also on loopback: whoever names files wants them used.
  auto options = on_loopback();
  options.tls = with(&link_tls::key_file, "");
  CHECK(refused_for(options) == "cluster.key");
}

TEST_CASE("certificates that have expired, or are not valid yet, are said so") {
  const cluster_files expired{days{-3}, days{-1}};
  const auto late = check(on_the_network(expired.tls("north")));
  REQUIRE_FALSE(late);
  CHECK(late.error().detail.find("has expired") != std::string::npos);
  const cluster_files future{days{1}, days{3}};
  const auto early = check(on_the_network(future.tls("north")));
  REQUIRE_FALSE(early);
  CHECK(early.error().detail.find("is not valid yet") != std::string::npos);
}
