#pragma once

#include "bench/receiver/arrivals.hpp"
#include "bench/receiver/sink.hpp"
#include "bench/scenarios/product.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace talaria::bench {

/// A receiver that answers at once, whose deliveries tell how it fares beside something else.
class healthy_receiver {
public:
  /// @param event_type Of the events that it alone gets.
  explicit healthy_receiver(std::string event_type = "bench.healthy")
      : event_type_(std::move(event_type)) {}

  void subscribe(const product& talaria) const;

  /// Waits, though not for ever, until so many events have arrived.
  /// @returns how many have not.
  std::uint64_t wait_for(std::uint64_t events) const;
  /// As `wait_for`; any that is missing is a fault.
  void check(figure& measured, std::uint64_t events) const;

  /// Few events, for it alone.
  load::load_options load_for(const product& talaria, const settings& settings) const;

  latency_summary latency() const { return summarize(arrived_.summarize().latency); }

private:
  const std::string event_type_;
  arrivals arrived_;
  const sink receiver_{make_answer(204, ""),
                       [this](const received_request& request) { arrived_.take(request); }};
};

/// Its latency with nothing beside it, on a Talaria of its own.
latency_summary measure_healthy_alone(const settings& settings);

}  // namespace talaria::bench
