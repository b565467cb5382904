#pragma once

#include "delivery/address_guard.hpp"

#include <optional>
#include <string>

namespace talaria::http {

/// The address that a host in a URL is in itself, in any form that a resolver takes without asking
/// anyone: `127.0.0.1`, `0x7f.1`, `2130706433`, `::ffff:127.0.0.1`, `localhost`.
/// @returns nothing for other names.
std::optional<delivery::ip_address> literal_address(const std::string& host);

}  // namespace talaria::http
