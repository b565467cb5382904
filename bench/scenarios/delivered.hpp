#pragma once

#include "bench/receiver/arrivals.hpp"
#include "bench/report/figure.hpp"
#include "bench/scenarios/product.hpp"

#include <cstdint>

namespace talaria::bench {

/// Lets everything end, and adds a fault for whatever was lost, came twice, or is still pending.
///
/// @param deliveries That must have arrived, each once.
void check_delivered(figure& measured, const product& talaria, const arrivals& arrived,
                     std::uint64_t deliveries);

}  // namespace talaria::bench
