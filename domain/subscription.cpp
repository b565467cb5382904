#include "domain/subscription.hpp"

#include "domain/enum_text.hpp"

#include <openssl/evp.h>

namespace talaria::domain {

namespace {

constexpr enum_texts<3> reason_texts{"none", "gone", "failing"};
constexpr std::string_view secret_prefix = "whsec_";

}  // namespace

std::string_view to_string(disabled_reason reason) {
  return text_of(reason_texts, reason);
}

std::optional<disabled_reason> parse_disabled_reason(std::string_view text) {
  return value_of<disabled_reason>(reason_texts, text);
}

std::string secret_to_text(std::string_view key) {
  std::string encoded(4 * ((key.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(key.data()),
                                     static_cast<int>(key.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return std::string{secret_prefix} + encoded;
}

result<std::string> parse_secret(std::string_view text) {
  const auto refuse = [] {
    return fail(ec::invalid_value, "a secret is whsec_ and the base64 of 24 to 64 bytes");
  };
  constexpr std::size_t text_bytes_max = 128;
  if (!text.starts_with(secret_prefix) || text.size() > text_bytes_max)
    return refuse();
  text.remove_prefix(secret_prefix.size());
  if (text.empty() || text.size() % 4 != 0)
    return refuse();
  std::string key(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0)
    return refuse();
  // OpenSSL decodes padding as zero bytes and skips white space; encoding again shows both.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  key.resize(static_cast<std::size_t>(length) - padding);
  if (key.size() < limits::secret_key_bytes_min || key.size() > limits::secret_key_bytes_max ||
      secret_to_text(key).substr(secret_prefix.size()) != text)
    return refuse();
  return key;
}

}  // namespace talaria::domain
