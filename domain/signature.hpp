#pragma once

#include "domain/signing_secret.hpp"
#include "domain/time.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace talaria::domain {

/// The value of `webhook-signature` in Standard Webhooks 1.0: for each secret, space separated,
/// `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`.
///
/// @param secrets Those that sign at `now`: callers pass them all, expired ones are skipped.
std::string sign_standard_v1(const std::vector<signing_secret>& secrets,
                             std::string_view webhook_id, std::string_view body, timestamp now);

/// The same with `v1a,` and base64 of the Ed25519 signature, by the secrets' key pairs. It copies
/// the body, as Ed25519 reads what it signs twice.
std::string sign_standard_v1a(const std::vector<signing_secret>& secrets,
                              std::string_view webhook_id, std::string_view body, timestamp now);

/// The value of `Hook0-Signature`: `sha256=` and hexadecimal HMAC-SHA256 of the body, by the
/// current secret.
std::string sign_hook0(const std::vector<signing_secret>& secrets, std::string_view body);

}  // namespace talaria::domain
