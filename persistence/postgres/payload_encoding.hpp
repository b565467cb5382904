#pragma once

#include <string>
#include <string_view>

struct ZSTD_CCtx_s;

namespace talaria::persistence::postgres {

/// Compresses payloads that are worth it, as Zstandard frames (RFC 8878). What is stored tells by
/// itself which it is: a frame starts with the byte 0x28, which no JSON text does.
///
/// Not thread-safe: the context is kept, since making one costs more than most payloads do.
class payload_encoder {
public:
  payload_encoder();
  payload_encoder(const payload_encoder&) = delete;
  payload_encoder& operator=(const payload_encoder&) = delete;
  ~payload_encoder();

  /// @returns the payload itself or its frame, valid until the next call.
  std::string_view encode(std::string_view payload);

private:
  ZSTD_CCtx_s* context_;
  std::string frame_;
};

/// @throws sql::unreadable_row
std::string decode_payload(std::string stored);

}  // namespace talaria::persistence::postgres
