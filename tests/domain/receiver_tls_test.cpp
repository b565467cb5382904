#include "domain/certificate.hpp"
#include "tests/domain/subscription_json.hpp"
#include "tests/support/certificate.hpp"

#include <boost/json/serialize.hpp>

#include <string>

using namespace talaria::domain;
using namespace talaria::domain::test;
using talaria::test_support::certificate;
using talaria::test_support::make_certificate;

namespace {

namespace json = boost::json;

json::object identity_of(const certificate& own) {
  return {{"client_certificate", own.certificate_pem}, {"client_key", own.key_pem}};
}

json::object settings_with(json::value tls) {
  return {{"url", "https://example.com/"}, {"tls", std::move(tls)}};
}

result<subscription_settings> parse(json::value tls) {
  return parse_subscription_settings(settings_with(std::move(tls)));
}

std::string refused_field(json::value tls) {
  const auto read = parse(std::move(tls));
  return read ? "" : read.error().field;
}

/// Certificates, padded to a size by text outside of them.
std::string padded(const std::string& pem, std::size_t bytes) {
  return std::string(bytes - pem.size() - 1, '#') + "\n" + pem;
}

}  // namespace

TEST_CASE("certificates and a key of the receiver are read") {
  const auto own = make_certificate({"talaria.test"});
  const auto authority = make_certificate({"authority.test"});
  auto fields = identity_of(own);
  fields["ca_certificates"] = authority.certificate_pem + own.certificate_pem;
  const auto tls = accepted(parse(fields)).tls;
  REQUIRE(tls != nullptr);
  CHECK(tls->ca_certificates == authority.certificate_pem + own.certificate_pem);
  CHECK(tls->client_certificate == own.certificate_pem);
  CHECK(tls->client_key == own.key_pem);
  CHECK(tls->client_certificate_expires_at >
        timestamp{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}});
}

TEST_CASE("nothing said of TLS is nothing") {
  CHECK(accepted(parse(json::object{})).tls == nullptr);
  CHECK_FALSE(to_json(accepted(parse(json::object{}))).contains("tls"));
}

TEST_CASE("a key is not among what clients see") {
  const auto own = make_certificate({"talaria.test"});
  const auto shown = json::serialize(to_json(accepted(parse(identity_of(own)))));
  CHECK(shown.find("client_certificate") != std::string::npos);
  CHECK(shown.find("PRIVATE") == std::string::npos);
  CHECK(shown.find("client_key") == std::string::npos);
}

TEST_CASE("what is wrong with TLS is refused with its field, and no key is repeated") {
  const auto own = make_certificate({"talaria.test"});
  const auto other = make_certificate({"talaria.test"});
  const auto& pem = own.certificate_pem;
  CHECK(refused_field("text") == "/tls");
  CHECK(refused_field({{"verify", false}}) == "/tls/verify");
  CHECK(refused_field({{"ca_certificates", 5}}) == "/tls/ca_certificates");
  CHECK(refused_field({{"ca_certificates", ""}}) == "/tls/ca_certificates");
  CHECK(refused_field({{"ca_certificates", "text"}}) == "/tls/ca_certificates");
  CHECK(refused_field({{"ca_certificates", pem + own.key_pem}}) == "/tls/ca_certificates");
  CHECK(refused_field({{"ca_certificates", pem + pem.substr(0, 100)}}) == "/tls/ca_certificates");
  CHECK(refused_field({{"client_certificate", pem}}) == "/tls/client_key");
  CHECK(refused_field({{"client_key", own.key_pem}}) == "/tls/client_certificate");
  for (const std::string& key :
       {other.key_pem, std::string("secret"), pem, own.key_pem.substr(0, own.key_pem.size() / 2)}) {
    const auto read = parse({{"client_certificate", pem}, {"client_key", key}});
    REQUIRE_FALSE(read);
    CHECK(read.error().field == "/tls/client_key");
    CHECK(read.error().detail.find(key) == std::string::npos);
  }
  CHECK(refused_field({{"client_certificate", "text"}, {"client_key", own.key_pem}}) ==
        "/tls/client_certificate");
}

TEST_CASE("a key under a passphrase is refused") {
  const auto own = make_certificate({"talaria.test"});
  constexpr auto encrypted = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjURfJQMBNrDgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEI7xSsUBhxjC1Hj4Pwma/Q8EgZDQ
eHO8+oxsF69RWRH+wpFmJEs6A4M1bMFMrRXxwPVTlsqE1PPONS+k6Tx1V6S+nb+L
olPzPW1Z2UwiMzfGqOte/5iPpq4OI7iT5J39lSX3XJoMQ1cUSxTrW2Kdwk7A7a57
hcGQ0bDdFHWu5zwWsa44AtWa4tOnLN1Y/Fpvp/ntHtmiX+sz5pbZM8nRf78E6YY=
-----END ENCRYPTED PRIVATE KEY-----
)";
  CHECK(refused_field({{"client_certificate", own.certificate_pem}, {"client_key", encrypted}}) ==
        "/tls/client_key");
}

TEST_CASE("certificates and keys are bounded") {
  const auto own = make_certificate({"talaria.test"});
  const auto& pem = own.certificate_pem;
  const auto ca_max = limits::ca_certificates_bytes_max;
  const auto own_max = limits::client_certificate_bytes_max;
  const auto key_max = limits::client_key_bytes_max;
  CHECK(refused_field({{"ca_certificates", padded(pem, ca_max)}}) == "");
  CHECK(refused_field({{"ca_certificates", padded(pem, ca_max + 1)}}) == "/tls/ca_certificates");
  const auto with = [](const std::string& certificate, const std::string& key) {
    return refused_field({{"client_certificate", certificate}, {"client_key", key}});
  };
  CHECK(with(padded(pem, own_max), padded(own.key_pem, key_max)) == "");
  CHECK(with(padded(pem, own_max + 1), own.key_pem) == "/tls/client_certificate");
  CHECK(with(pem, padded(own.key_pem, key_max + 1)) == "/tls/client_key");
}

TEST_CASE("a change keeps the key that it does not name, and may replace or remove it") {
  const auto own = make_certificate({"talaria.test"});
  const auto next = make_certificate({"talaria.test"});
  const auto base = accepted(parse(identity_of(own)));
  const auto merged = [&](json::value tls) {
    return merge_subscription_settings({{"tls", std::move(tls)}}, base);
  };

  CHECK(accepted(merge_subscription_settings({{"description", "d"}}, base)).tls->client_key ==
        own.key_pem);
  const auto with_authority = accepted(merged({{"ca_certificates", next.certificate_pem}})).tls;
  CHECK(with_authority->client_key == own.key_pem);
  CHECK(with_authority->ca_certificates == next.certificate_pem);
  CHECK(accepted(merged(identity_of(next))).tls->client_key == next.key_pem);
  CHECK(accepted(merged(nullptr)).tls == nullptr);
  CHECK(accepted(merged({{"client_certificate", nullptr}, {"client_key", nullptr}})).tls ==
        nullptr);
  CHECK(merged({{"client_key", nullptr}}).error().field == "/tls/client_key");
  CHECK(merged({{"client_certificate", next.certificate_pem}}).error().field == "/tls/client_key");
}
