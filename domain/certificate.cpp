#include "domain/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <limits>
#include <memory>

namespace talaria::domain {

namespace {

struct release {
  void operator()(BIO* text) const { BIO_free(text); }
  void operator()(STACK_OF(X509_INFO) * parts) const {
    sk_X509_INFO_pop_free(parts, X509_INFO_free);
  }
};

/// A key that asks for a passphrase must not have one asked for on a terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

result<std::size_t> count_certificates(std::string_view pem) {
  if (pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return fail(ec::too_large, "is too large");
  const std::unique_ptr<BIO, release> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<STACK_OF(X509_INFO), release> parts(
      PEM_X509_INFO_read_bio(text.get(), nullptr, &no_passphrase, nullptr));
  // Otherwise a later call of OpenSSL on this thread would report them.
  ERR_clear_error();
  if (parts == nullptr)
    return fail(ec::invalid_value, "holds a damaged certificate");
  std::size_t count = 0;
  for (int index = 0; index < sk_X509_INFO_num(parts.get()); ++index)
    count += sk_X509_INFO_value(parts.get(), index)->x509 != nullptr ? 1 : 0;
  if (count == 0)
    return fail(ec::invalid_value, "holds no certificate");
  return count;
}

}  // namespace talaria::domain
