#include "tests/support/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace talaria::test_support {

namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using key_pointer = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_pointer = std::unique_ptr<X509, freed_by<X509_free>>;
using extension_pointer = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using text_pointer = std::unique_ptr<BIO, freed_by<BIO_free_all>>;

constexpr long day_seconds = 24 * 60 * 60;

void add_extension(X509& made, int kind, const std::string& value) {
  const extension_pointer extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  X509_add_ext(&made, extension.get(), -1);
}

std::string content(BIO& text) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(&text, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

certificate make_certificate(const std::vector<std::string>& names, validity valid) {
  const key_pointer key(EVP_EC_gen("P-256"));
  const certificate_pointer made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), valid.from_days * day_seconds);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), valid.to_days * day_seconds);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(names.front().c_str()), -1, -1,
                             0);
  X509_set_issuer_name(made.get(), subject);
  add_extension(*made, NID_basic_constraints, "critical,CA:TRUE");
  std::string alternatives;
  for (const std::string& name : names)
    alternatives += (alternatives.empty() ? "DNS:" : ",DNS:") + name;
  add_extension(*made, NID_subject_alt_name, alternatives);
  if (X509_sign(made.get(), key.get(), EVP_sha256()) == 0)
    throw std::runtime_error("OpenSSL cannot sign the certificate");

  const text_pointer certificate_text(BIO_new(BIO_s_mem()));
  const text_pointer key_text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_text.get(), made.get());
  PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {content(*certificate_text), content(*key_text)};
}

temporary_file::temporary_file(const std::string& content)
    : path_((std::filesystem::temp_directory_path() / "talaria-test-XXXXXX").string()) {
  const int descriptor = mkstemp(path_.data());
  const bool written = descriptor >= 0 && write(descriptor, content.data(), content.size()) ==
                                              static_cast<ssize_t>(content.size());
  close(descriptor);
  if (!written)
    throw std::runtime_error("cannot write a temporary file");
}

temporary_file::~temporary_file() {
  unlink(path_.c_str());
}

}  // namespace talaria::test_support
