#pragma once

#include "delivery/address_guard.hpp"
#include "http/request.hpp"

#include <vector>

namespace talaria::http {

bool is_trusted(const delivery::ip_address& address, const std::vector<delivery::network>& proxies);

/// Who sent a request: the peer, or behind trusted proxies the last address in `X-Forwarded-For`
/// that is none of theirs. What stands before it the client may have made up.
///
/// Entries may carry a port. One that is no address ends the search at the proxy that wrote it.
delivery::ip_address client_address(const request& request, const delivery::ip_address& peer,
                                    const std::vector<delivery::network>& proxies);

}  // namespace talaria::http
