#pragma once

#include "domain/attempt.hpp"

#include <curl/curl.h>

namespace talaria::delivery {

/// What a result of libcurl means for the attempt, as far as the result alone tells.
domain::attempt_error to_attempt_error(CURLcode result);

}  // namespace talaria::delivery
