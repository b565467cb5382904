#pragma once

#include "bench/load/load_options.hpp"
#include "bench/load/load_report.hpp"
#include "bench/product/api_client.hpp"
#include "bench/product/cpu_meter.hpp"
#include "bench/product/talaria_process.hpp"
#include "bench/product/temporary_directory.hpp"
#include "bench/scenarios/scenario.hpp"
#include "bench/store/fresh_store.hpp"

#include <chrono>
#include <cstdint>

namespace talaria::bench {

/// A Talaria to be measured, on a store that is removed with it.
class product {
public:
  explicit product(const settings& settings)
      : directory_{settings.directory},
        store_{settings.postgresql_url, directory_.path()},
        process_{settings.talaria, directory_.path(), store_.url()},
        api_{process_.url(), process_.key()} {}

  const api_client& api() const { return api_; }
  const talaria_process& process() const { return process_; }

  load::load_options load_options(const settings& settings) const;
  /// @throws std::runtime_error if the load could not be made at all.
  load::load_report run(const load::load_options& options) const;
  cpu_meter start_meter() const;

  /// Adds what every figure of a Talaria has, from the meter's start to now.
  void describe_cost(figure& measured, const cpu_meter& meter, std::uint64_t units) const;

  /// Waits until as many deliveries as were accepted have ended, while any progress is made.
  /// @returns how long it took.
  std::chrono::nanoseconds drain(std::uint64_t deliveries) const;

  /// Ends it; a bad end is a fault of the figure.
  void stop(figure& measured);

private:
  temporary_directory directory_;
  fresh_store store_;
  talaria_process process_;
  api_client api_;
};

/// What the load itself says went wrong.
void add_faults(figure& measured, const load::load_report& report);

}  // namespace talaria::bench
