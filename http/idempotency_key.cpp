#include "http/idempotency_key.hpp"

#include "domain/limits.hpp"

#include <string>

namespace talaria::http {

domain::result<void> check_idempotency_key(std::string_view key, std::string_view field) {
  if (key.empty() || key.size() > domain::limits::idempotency_key_bytes_max ||
      key.find('\0') != std::string_view::npos) {
    return domain::fail(domain::ec::invalid_value,
                        "An idempotency key has 1 to 255 bytes and no NUL.",
                        "/" + std::string(field));
  }
  return {};
}

}  // namespace talaria::http
