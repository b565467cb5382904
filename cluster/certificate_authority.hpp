#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace talaria::cluster {

/// In PEM.
struct certified_key {
  std::string certificate;
  std::string key;
};

/// A certificate authority for one cluster, made on the spot: for development, and for whoever has
/// no better one. Keys are on P-256; certificates serve both ends of a connection.
///
/// Its functions throw `std::runtime_error` if OpenSSL fails, as it does without memory only.
class certificate_authority {
public:
  /// @param valid_from, valid_to of its own certificate, and of those it issues.
  certificate_authority(std::chrono::system_clock::time_point valid_from,
                        std::chrono::system_clock::time_point valid_to);

  /// With its key, which whoever has can make nodes.
  certified_key own() const;

  /// @param name 1 to 64 characters
  /// @param hosts DNS names and addresses. @pre not empty; letters, digits, `.`, `:` and `-` only
  certified_key issue(const std::string& name, const std::vector<std::string>& hosts) const;

private:
  struct release {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  using key_pointer = std::unique_ptr<EVP_PKEY, release>;
  using certificate_pointer = std::unique_ptr<X509, release>;

  static key_pointer make_key();
  certificate_pointer begin_certificate(const std::string& name, EVP_PKEY& key) const;

  std::chrono::system_clock::time_point valid_from_;
  std::chrono::system_clock::time_point valid_to_;
  key_pointer key_;
  certificate_pointer certificate_;
};

}  // namespace talaria::cluster
