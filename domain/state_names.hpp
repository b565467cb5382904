#pragma once

#include "domain/enum_text.hpp"

/// What states are called, for those who list all of their names.
namespace talaria::domain {

/// Of `breaker_state`.
inline constexpr enum_texts<3> breaker_state_texts{"closed", "open", "half_open"};
/// Of `ordering`.
inline constexpr enum_texts<2> ordering_texts{"parallel", "fifo"};

}  // namespace talaria::domain
