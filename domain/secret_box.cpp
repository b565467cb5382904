#include "domain/secret_box.hpp"

#include "domain/base64.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace talaria::domain {

namespace {

constexpr std::string_view version = "v1:";
constexpr std::size_t key_id_digits = 8;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr int to_encrypt = 1;
constexpr int to_decrypt = 0;

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void check(bool succeeded) {
  if (!succeeded)
    throw std::runtime_error("OpenSSL could not use AES-256-GCM");
}

/// AES-256-GCM for one thread: fetching the algorithm from its provider takes longer than sealing.
class aes_gcm {
public:
  aes_gcm() : cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr), &EVP_CIPHER_free) {
    check(cipher_ && context_);
  }

  /// @returns the ciphertext followed by the tag.
  std::string encrypt(std::string_view key, std::string_view nonce, std::string_view owner,
                      std::string_view text) {
    start(to_encrypt, key, nonce, owner);
    std::string sealed(text.size() + tag_bytes, '\0');
    transform(sealed, text);
    check(finish(sealed) && EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes,
                                                bytes_of(sealed) + text.size()) == 1);
    return sealed;
  }

  /// @returns nothing if the tag is not that of all the rest.
  std::optional<std::string> decrypt(std::string_view key, std::string_view nonce,
                                     std::string_view owner, std::string_view sealed) {
    std::string tag{sealed.substr(sealed.size() - tag_bytes)};
    sealed.remove_suffix(tag_bytes);
    start(to_decrypt, key, nonce, owner);
    std::string text(sealed.size(), '\0');
    transform(text, sealed);
    check(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1);
    if (!finish(text))
      return std::nullopt;
    return text;
  }

private:
  void start(int direction, std::string_view key, std::string_view nonce, std::string_view owner) {
    int length = 0;
    check(EVP_CipherInit_ex2(context_.get(), cipher_.get(), bytes_of(key), bytes_of(nonce),
                             direction, nullptr) == 1 &&
          EVP_CipherUpdate(context_.get(), nullptr, &length, bytes_of(owner),
                           static_cast<int>(owner.size())) == 1);
  }

  void transform(std::string& out, std::string_view in) {
    int length = 0;
    check(EVP_CipherUpdate(context_.get(), bytes_of(out), &length, bytes_of(in),
                           static_cast<int>(in.size())) == 1);
  }

  /// A counter mode has nothing left to write by now; what it is asked for is the tag.
  bool finish(std::string& out) {
    int length = 0;
    return EVP_CipherFinal_ex(context_.get(), bytes_of(out) + out.size(), &length) == 1;
  }

  std::unique_ptr<EVP_CIPHER, decltype(&EVP_CIPHER_free)> cipher_;
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_{EVP_CIPHER_CTX_new(),
                                                                           &EVP_CIPHER_CTX_free};
};

aes_gcm& thread_cipher() {
  thread_local aes_gcm cipher;
  return cipher;
}

std::string id_of(std::string_view key) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  check(EVP_Digest(key.data(), key.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return fmt::format("{:02x}", fmt::join(std::span{digest}.first(key_id_digits / 2), ""));
}

}  // namespace

secret_box::secret_box(const std::vector<std::string>& keys, nonce_source random)
    : random_{std::move(random)} {
  const auto has_size = [](const std::string& key) { return key.size() == key_bytes; };
  if (keys.empty() || keys.size() > keys_max || !std::ranges::all_of(keys, has_size))
    throw std::logic_error("a box has 1 to 16 keys of 32 bytes");
  for (const auto& key : keys)
    keys_.push_back({id_of(key), key});
}

std::string secret_box::seal(std::string_view text, std::string_view owner) const {
  if (keys_.empty())
    return std::string{text};
  const auto& current = keys_.front();
  std::string sealed(nonce_bytes, '\0');
  random_({bytes_of(sealed), nonce_bytes});
  sealed += thread_cipher().encrypt(current.bytes, sealed, owner, text);
  return fmt::format("{}{}:{}", version, current.id, to_base64(sealed));
}

result<std::string> secret_box::open(std::string_view text, std::string_view owner) const {
  const auto id = key_id_of(text);
  if (id.empty())
    return fail(ec::invalid_value, "a secret is not sealed");
  if (!knows(id))
    return fail(ec::not_found,
                fmt::format("a secret is sealed with the key {}, which is not at hand", id));
  const auto sealed = from_base64(text.substr(version.size() + key_id_digits + 1));
  if (sealed && sealed->size() >= nonce_bytes + tag_bytes) {
    const std::string_view bytes{*sealed};
    // Two keys may have the same id.
    for (const auto& key : keys_) {
      if (key.id != id)
        continue;
      if (auto opened = thread_cipher().decrypt(key.bytes, bytes.substr(0, nonce_bytes), owner,
                                                bytes.substr(nonce_bytes)))
        return *std::move(opened);
    }
  }
  return fail(ec::invalid_value,
              fmt::format("a secret sealed with the key {} is damaged, or another row's", id));
}

std::string_view secret_box::current_key_id() const {
  return keys_.empty() ? std::string_view{} : keys_.front().id;
}

bool secret_box::knows(std::string_view key_id) const {
  return std::ranges::find(keys_, key_id, &known_key::id) != keys_.end();
}

std::string_view secret_box::key_id_of(std::string_view text) {
  const auto end = version.size() + key_id_digits;
  if (!text.starts_with(version) || text.size() <= end || text[end] != ':')
    return {};
  return text.substr(version.size(), key_id_digits);
}

}  // namespace talaria::domain
