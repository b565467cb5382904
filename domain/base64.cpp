#include "domain/base64.hpp"

#include <openssl/evp.h>

namespace talaria::domain {

std::string to_base64(std::string_view bytes) {
  // With the NUL that OpenSSL adds.
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty())
    return std::string{};
  if (text.size() % 4 != 0)
    return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  if (length < 0 || static_cast<std::size_t>(length) < padding)
    return std::nullopt;
  // OpenSSL decodes padding as zero bytes and skips white space; encoding again shows both.
  bytes.resize(static_cast<std::size_t>(length) - padding);
  if (to_base64(bytes) != text)
    return std::nullopt;
  return bytes;
}

}  // namespace talaria::domain
