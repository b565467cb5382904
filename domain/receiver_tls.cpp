#include "domain/receiver_tls.hpp"

#include "domain/certificate.hpp"
#include "domain/json_fields.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>

namespace talaria::domain {

namespace {

namespace json = boost::json;

struct release {
  void operator()(BIO* text) const { BIO_free(text); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class Handle>
using owned = std::unique_ptr<Handle, release>;

owned<BIO> text_of(const std::string& pem) {
  return owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// A key that asks for a passphrase must not have one asked for on a terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

/// @returns null if there is none.
owned<X509> first_certificate(const std::string& pem) {
  return owned<X509>(PEM_read_bio_X509_AUX(text_of(pem).get(), nullptr, &no_passphrase, nullptr));
}

/// @returns null if there is none, or if it is encrypted.
owned<EVP_PKEY> private_key(const std::string& pem) {
  return owned<EVP_PKEY>(
      PEM_read_bio_PrivateKey(text_of(pem).get(), nullptr, &no_passphrase, nullptr));
}

timestamp end_of(const X509& certificate) {
  std::tm end{};
  ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &end);
  return timestamp{std::chrono::seconds{timegm(&end)}};
}

result<std::string> read_certificates(const json::value& value, std::string_view field,
                                      std::size_t bytes_max) {
  auto pem = read_string(value, field, bytes_max);
  if (!pem)
    return pem;
  // It would be shown to whoever may read the subscription.
  if (pem->find("PRIVATE KEY") != std::string::npos)
    return fail(ec::invalid_value, fmt::format("{} must hold certificates only", field),
                pointer(field));
  if (const auto counted = count_certificates(*pem); !counted)
    return fail(counted.error().code, fmt::format("{} {}", field, counted.error().detail),
                pointer(field));
  return pem;
}

struct member {
  std::string_view name;
  std::string receiver_tls::*target;
  result<std::string> (*read)(const json::value&);
};

const std::array members{
    member{"ca_certificates", &receiver_tls::ca_certificates,
           [](const json::value& value) {
             return read_certificates(value, "tls/ca_certificates",
                                      limits::ca_certificates_bytes_max);
           }},
    member{"client_certificate", &receiver_tls::client_certificate,
           [](const json::value& value) {
             return read_certificates(value, "tls/client_certificate",
                                      limits::client_certificate_bytes_max);
           }},
    member{"client_key", &receiver_tls::client_key,
           [](const json::value& value) {
             return read_string(value, "tls/client_key", limits::client_key_bytes_max);
           }},
};

result<void> read_member(std::string_view name, const json::value& value, receiver_tls& into) {
  for (const member& candidate : members) {
    if (candidate.name != name)
      continue;
    auto text = candidate.read(value);
    if (!text)
      return tl::unexpected(text.error());
    into.*candidate.target = *std::move(text);
    return {};
  }
  return fail(ec::unknown_field, fmt::format("tls has no field {}", name),
              pointer(fmt::format("tls/{}", escaped(name))));
}

/// Takes the certificate's end from it.
result<void> check_identity(receiver_tls& read) {
  constexpr auto key_field = "/tls/client_key";
  if (read.client_certificate.empty())
    return fail(ec::missing_field, "client_key needs client_certificate",
                "/tls/client_certificate");
  if (read.client_key.empty())
    return fail(ec::missing_field, "client_certificate needs client_key", key_field);
  const auto certificate = first_certificate(read.client_certificate);
  const auto key = private_key(read.client_key);
  const bool match =
      certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  // Otherwise a later call of OpenSSL on this thread would report them.
  ERR_clear_error();
  if (!key)
    return fail(ec::invalid_value, "client_key must be a private key in PEM without a passphrase",
                key_field);
  if (!match)
    return fail(ec::invalid_value,
                "client_key must be the key of the first certificate in client_certificate",
                key_field);
  read.client_certificate_expires_at = end_of(*certificate);
  return {};
}

}  // namespace

result<shared_receiver_tls> read_receiver_tls(const json::value& value) {
  if (!value.is_object())
    return fail(ec::wrong_type, "tls must be an object", "/tls");
  receiver_tls read;
  for (const auto& [name, text] : value.get_object()) {
    if (auto taken = read_member({name.data(), name.size()}, text, read); !taken)
      return tl::unexpected(taken.error());
  }
  const bool has_identity = !read.client_certificate.empty() || !read.client_key.empty();
  if (has_identity) {
    if (auto checked = check_identity(read); !checked)
      return tl::unexpected(checked.error());
  }
  if (!has_identity && read.ca_certificates.empty())
    return nullptr;
  return std::make_shared<const receiver_tls>(std::move(read));
}

json::object to_json(const receiver_tls& tls) {
  json::object fields;
  if (!tls.ca_certificates.empty())
    fields["ca_certificates"] = tls.ca_certificates;
  if (!tls.client_certificate.empty())
    fields["client_certificate"] = tls.client_certificate;
  return fields;
}

}  // namespace talaria::domain
