#include "bench/scenarios/delivered.hpp"

#include <fmt/format.h>

namespace talaria::bench {

void check_delivered(figure& measured, const product& talaria, const arrivals& arrived,
                     std::uint64_t deliveries) {
  const auto took = talaria.drain(deliveries);
  measured.details["drain_seconds"] = std::chrono::duration<double>{took}.count();
  const auto received = arrived.summarize();
  const auto counters = talaria.api().counters();
  const auto pending = talaria.api().pending();
  if (received.first != deliveries || received.foreign > 0 || counters.delivered != deliveries ||
      counters.dead > 0 || pending > 0)
    measured.faults.push_back(fmt::format(
        "of {} deliveries {} arrived ({} foreign), {} were recorded as delivered and {} as dead, "
        "{} are pending",
        deliveries, received.first, received.foreign, counters.delivered, counters.dead, pending));
  if (received.repeated > 0)
    measured.faults.push_back(fmt::format("{} deliveries arrived again", received.repeated));
}

}  // namespace talaria::bench
