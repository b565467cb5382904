#include "cluster/certificate_authority.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

namespace talaria::cluster {

namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using extension_pointer = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using text_pointer = std::unique_ptr<BIO, freed_by<BIO_free_all>>;

void demand(bool done) {
  if (!done)
    throw std::runtime_error("OpenSSL cannot make a certificate");
}

void add_extension(X509& made, X509& issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &made, nullptr, nullptr, 0);
  const extension_pointer extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  demand(extension && X509_add_ext(&made, extension.get(), -1) == 1);
}

/// Nobody else's number, without keeping a list.
void number_at_random(X509& made) {
  std::array<unsigned char, 16> bytes{};
  demand(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  // Positive, and never shorter.
  bytes.front() = static_cast<unsigned char>((bytes.front() & 0x7FU) | 0x40U);
  BIGNUM* number = BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  const bool done =
      number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(&made)) != nullptr;
  BN_free(number);
  demand(done);
}

bool is_address(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

std::string alternative_names(const std::vector<std::string>& hosts) {
  std::string names;
  for (const auto& host : hosts)
    names += (names.empty() ? "" : ",") + std::string{is_address(host) ? "IP:" : "DNS:"} + host;
  return names;
}

std::string content(BIO& text) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(&text, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

certified_key to_pem(X509& certificate, EVP_PKEY& key) {
  const text_pointer certificate_text{BIO_new(BIO_s_mem())};
  const text_pointer key_text{BIO_new(BIO_s_mem())};
  demand(PEM_write_bio_X509(certificate_text.get(), &certificate) == 1);
  demand(PEM_write_bio_PrivateKey(key_text.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) ==
         1);
  return {content(*certificate_text), content(*key_text)};
}

}  // namespace

certificate_authority::key_pointer certificate_authority::make_key() {
  key_pointer key{EVP_EC_gen("P-256")};
  demand(key != nullptr);
  return key;
}

certificate_authority::certificate_authority(std::chrono::system_clock::time_point valid_from,
                                             std::chrono::system_clock::time_point valid_to)
    : valid_from_(valid_from), valid_to_(valid_to), key_(make_key()) {
  certificate_ = begin_certificate("Talaria cluster", *key_);
  auto& own = *certificate_;
  X509_set_issuer_name(&own, X509_get_subject_name(&own));
  add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(own, own, NID_subject_key_identifier, "hash");
  demand(X509_sign(&own, key_.get(), EVP_sha256()) != 0);
}

certificate_authority::certificate_pointer certificate_authority::begin_certificate(
    const std::string& name, EVP_PKEY& key) const {
  certificate_pointer made{X509_new()};
  demand(made != nullptr);
  X509_set_version(made.get(), X509_VERSION_3);
  number_at_random(*made);
  ASN1_TIME_set(X509_getm_notBefore(made.get()), std::chrono::system_clock::to_time_t(valid_from_));
  ASN1_TIME_set(X509_getm_notAfter(made.get()), std::chrono::system_clock::to_time_t(valid_to_));
  demand(X509_set_pubkey(made.get(), &key) == 1);
  const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
  demand(X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8, text,
                                    -1, -1, 0) == 1);
  return made;
}

certified_key certificate_authority::own() const {
  return to_pem(*certificate_, *key_);
}

certified_key certificate_authority::issue(const std::string& name,
                                           const std::vector<std::string>& hosts) const {
  const auto key = make_key();
  const auto made = begin_certificate(name, *key);
  X509_set_issuer_name(made.get(), X509_get_subject_name(certificate_.get()));
  add_extension(*made, *certificate_, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(*made, *certificate_, NID_key_usage, "critical,digitalSignature");
  add_extension(*made, *certificate_, NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(*made, *certificate_, NID_authority_key_identifier, "keyid:always");
  add_extension(*made, *certificate_, NID_subject_alt_name, alternative_names(hosts));
  demand(X509_sign(made.get(), key_.get(), EVP_sha256()) != 0);
  return to_pem(*made, *key);
}

}  // namespace talaria::cluster
