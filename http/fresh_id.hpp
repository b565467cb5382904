#pragma once

#include "domain/id.hpp"
#include "domain/time.hpp"

namespace talaria::http {

/// A UUIDv7, greater than all before it in this process. Any thread.
domain::uuid fresh_id(domain::timestamp now);

domain::timestamp system_time();

}  // namespace talaria::http
