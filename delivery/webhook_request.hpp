#pragma once

#include "delivery/outbound.hpp"
#include "domain/event.hpp"
#include "domain/subscription.hpp"
#include "domain/time.hpp"

#include <cstdint>
#include <optional>

namespace talaria::delivery {

/// Composes what a receiver gets: the event in the body's form and under the signature that the
/// subscription asks for. The payload's bytes are never parsed or rewritten, and the bytes signed
/// are the bytes sent.
///
/// Pure: the same arguments give the same request.
///
/// @param attempt From 1 on.
/// @param sequence The delivery's place, if its subscription is ordered.
/// @param now The time of signing. The subscription's secrets that have expired by then do not
/// sign.
outbound_request compose_webhook_request(const domain::subscription& subscription,
                                         const domain::event& event, std::uint32_t attempt,
                                         domain::timestamp now,
                                         std::optional<std::uint64_t> sequence = std::nullopt);

}  // namespace talaria::delivery
