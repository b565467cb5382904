#include "domain/signature.hpp"

#include "domain/base64.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <array>
#include <memory>
#include <span>
#include <stdexcept>

namespace talaria::domain {

namespace {

constexpr std::size_t sha256_bytes = 32;
using digest = std::array<unsigned char, sha256_bytes>;

/// OpenSSL's one-shot HMAC fetches the algorithm from the provider under a lock on each call; a
/// context per thread halves its cost and lets threads sign side by side.
class hmac_sha256 {
public:
  hmac_sha256() : mac_(EVP_MAC_fetch(nullptr, "HMAC", nullptr), &EVP_MAC_free) {
    context_.reset(EVP_MAC_CTX_new(mac_.get()));
    std::array<char, 7> name{"SHA256"};
    const std::array parameters{OSSL_PARAM_construct_utf8_string("digest", name.data(), 0),
                                OSSL_PARAM_construct_end()};
    check(context_ && EVP_MAC_CTX_set_params(context_.get(), parameters.data()) == 1);
  }

  void start(std::string_view key) {
    check(EVP_MAC_init(context_.get(), bytes(key), key.size(), nullptr) == 1);
  }
  void add(std::string_view part) {
    check(EVP_MAC_update(context_.get(), bytes(part), part.size()) == 1);
  }
  digest finish() {
    digest value;
    std::size_t written = 0;
    check(EVP_MAC_final(context_.get(), value.data(), &written, value.size()) == 1);
    return value;
  }

private:
  static const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }
  static void check(bool succeeded) {
    if (!succeeded)
      throw std::runtime_error("OpenSSL could not compute an HMAC");
  }

  std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac_;
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context_{nullptr, &EVP_MAC_CTX_free};
};

hmac_sha256& thread_hmac() {
  thread_local hmac_sha256 hmac;
  return hmac;
}

std::string base64(std::span<const unsigned char> bytes) {
  return to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// What stands before the body in what is signed.
std::string signed_prefix(std::string_view webhook_id, timestamp now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return fmt::format("{}.{}.", webhook_id, seconds);
}

/// The signature of each secret that has not expired, space separated.
template <class Sign>
std::string sign_by_each(const std::vector<signing_secret>& secrets, timestamp now,
                         std::string_view version, Sign sign) {
  std::string signatures;
  for (const auto& secret : secrets) {
    if (secret.expires_at && *secret.expires_at <= now)
      continue;
    if (!signatures.empty())
      signatures += ' ';
    signatures += version;
    signatures += base64(sign(secret.key));
  }
  return signatures;
}

using ed25519_signature = std::array<unsigned char, crypto_sign_BYTES>;

ed25519_signature sign_ed25519(std::string_view key_pair, std::string_view message) {
  ed25519_signature signature;
  if (key_pair.size() != crypto_sign_SECRETKEYBYTES ||
      crypto_sign_detached(signature.data(), nullptr,
                           reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                           reinterpret_cast<const unsigned char*>(key_pair.data())) != 0)
    throw std::logic_error("only a key pair makes an Ed25519 signature");
  return signature;
}

}  // namespace

std::string sign_standard_v1(const std::vector<signing_secret>& secrets,
                             std::string_view webhook_id, std::string_view body, timestamp now) {
  const auto prefix = signed_prefix(webhook_id, now);
  auto& hmac = thread_hmac();
  return sign_by_each(secrets, now, "v1,", [&](const std::string& key) {
    hmac.start(key);
    hmac.add(prefix);
    hmac.add(body);
    return hmac.finish();
  });
}

std::string sign_standard_v1a(const std::vector<signing_secret>& secrets,
                              std::string_view webhook_id, std::string_view body, timestamp now) {
  const auto message = signed_prefix(webhook_id, now).append(body);
  return sign_by_each(secrets, now, "v1a,",
                      [&](const std::string& key) { return sign_ed25519(key, message); });
}

std::string sign_hook0(const std::vector<signing_secret>& secrets, std::string_view body) {
  auto& hmac = thread_hmac();
  hmac.start(secrets.front().key);
  hmac.add(body);
  std::string text = "sha256=";
  for (const auto byte : hmac.finish())
    text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace talaria::domain
