#include "persistence/postgres/payload_encoding.hpp"

#include "domain/limits.hpp"
#include "persistence/sql/connection.hpp"

#include <zstd.h>

#include <new>

namespace talaria::persistence::postgres {

namespace {

/// Below, a row is as soon written raw.
constexpr std::size_t worth_compressing_bytes = 1024;
constexpr int level = 1;
constexpr char frame_start = 0x28;

}  // namespace

payload_encoder::payload_encoder() : context_{ZSTD_createCCtx()} {
  if (context_ == nullptr)
    throw std::bad_alloc{};
}

payload_encoder::~payload_encoder() {
  ZSTD_freeCCtx(context_);
}

std::string_view payload_encoder::encode(std::string_view payload) {
  if (payload.size() < worth_compressing_bytes)
    return payload;
  frame_.resize(ZSTD_compressBound(payload.size()));
  const auto size = ZSTD_compressCCtx(context_, frame_.data(), frame_.size(), payload.data(),
                                      payload.size(), level);
  if (ZSTD_isError(size) != 0 || size >= payload.size())
    return payload;
  return std::string_view{frame_}.substr(0, size);
}

std::string decode_payload(std::string stored) {
  if (!stored.starts_with(frame_start))
    return stored;
  const auto size = ZSTD_getFrameContentSize(stored.data(), stored.size());
  if (size > domain::limits::payload_bytes_max)
    throw sql::unreadable_row("a compressed payload has no credible size");
  std::string payload(size, '\0');
  const auto decoded =
      ZSTD_decompress(payload.data(), payload.size(), stored.data(), stored.size());
  if (ZSTD_isError(decoded) != 0 || decoded != payload.size())
    throw sql::unreadable_row("a compressed payload is damaged");
  return payload;
}

}  // namespace talaria::persistence::postgres
