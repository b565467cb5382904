#include "http/sha256.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <new>

namespace talaria::http {
namespace {

/// Fetching the algorithm costs more than hashing an API key: once a thread is enough.
class sha256_context {
public:
  sha256_context()
      : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free),
        context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (!algorithm_ || !context_) {
      throw std::bad_alloc();
    }
  }

  void begin() { EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr); }
  void add(std::string_view part) { EVP_DigestUpdate(context_.get(), part.data(), part.size()); }
  sha256_digest end() {
    sha256_digest digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    return digest;
  }

private:
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

sha256_digest sha256(std::initializer_list<std::string_view> parts) {
  thread_local sha256_context context;
  context.begin();
  for (const std::string_view part : parts) {
    context.add(part);
  }
  return context.end();
}

sha256_digest hmac_sha256(std::string_view key, std::string_view text) {
  sha256_digest digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), nullptr);
  return digest;
}

}  // namespace talaria::http
