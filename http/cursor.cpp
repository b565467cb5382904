#include "http/cursor.hpp"

#include "http/sha256.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace talaria::http {
namespace {

constexpr std::size_t id_bytes = 16;
/// Half of the HMAC: enough for what is no secret and gives no right.
constexpr std::size_t signature_bytes = 16;
constexpr std::size_t text_bytes_max = 64;

}  // namespace

std::string cursor_codec::signature(std::string_view list, std::string_view id) const {
  const sha256_digest digest = hmac_sha256(key_, std::string(list) + ' ' + std::string(id));
  return {reinterpret_cast<const char*>(digest.data()), signature_bytes};
}

std::string cursor_codec::encode(std::string_view list, const domain::uuid& last) const {
  std::string bytes(reinterpret_cast<const char*>(last.bytes.data()), id_bytes);
  bytes += signature(list, bytes);
  std::array<char, text_bytes_max> text{};
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return text.data();
}

domain::result<domain::uuid> cursor_codec::decode(std::string_view list,
                                                  std::string_view text) const {
  std::array<unsigned char, id_bytes + signature_bytes> bytes{};
  std::size_t decoded = 0;
  const bool whole =
      sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &decoded,
                        nullptr, sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
      decoded == bytes.size();
  const std::string id(reinterpret_cast<const char*>(bytes.data()), id_bytes);
  const std::string expected = signature(list, id);
  if (!whole || sodium_memcmp(expected.data(), bytes.data() + id_bytes, signature_bytes) != 0) {
    return domain::fail(domain::ec::invalid_cursor, "The cursor was not made by this list.",
                        "/cursor");
  }
  domain::uuid last;
  std::copy_n(bytes.begin(), id_bytes, last.bytes.begin());
  return last;
}

}  // namespace talaria::http
