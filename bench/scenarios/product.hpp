#pragma once

#include "bench/load/load_options.hpp"
#include "bench/load/load_report.hpp"
#include "bench/product/api_client.hpp"
#include "bench/product/cpu_meter.hpp"
#include "bench/product/talaria_process.hpp"
#include "bench/scenarios/scenario.hpp"
#include "bench/store/fresh_store.hpp"
#include "posix/temporary_directory.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace talaria::bench {

/// A Talaria to be measured, on a store that is removed with it.
class product {
public:
  explicit product(const settings& settings);

  const api_client& api() const { return *api_; }

  load::load_options load_options(const settings& settings) const;
  /// @throws std::runtime_error if the load could not be made at all.
  load::load_report run(const load::load_options& options) const;
  cpu_meter start_meter() const;

  /// Adds what every figure of a Talaria has, from the meter's start to now.
  void describe_cost(figure& measured, const cpu_meter& meter, std::uint64_t units) const;

  /// Waits until as many deliveries as were accepted have ended, while any progress is made.
  /// @returns how long it took.
  std::chrono::nanoseconds drain(std::uint64_t deliveries) const;

  /// Ends it, and starts it on the same store. @returns when it was started: it serves on return.
  std::chrono::steady_clock::time_point restart();

  /// Of its process, now and at most until now.
  double resident_mib() const;
  double resident_mib_max() const;

  /// Ends it; a bad end is a fault of the figure.
  void stop(figure& measured);

private:
  void start();

  posix::temporary_directory directory_;
  fresh_store store_;
  std::filesystem::path binary_;
  std::optional<talaria_process> process_;
  std::optional<api_client> api_;
};

/// What the load itself says went wrong.
void add_faults(figure& measured, const load::load_report& report);

}  // namespace talaria::bench
