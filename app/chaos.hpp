#pragma once

#include "app/configuration.hpp"
#include "supervision/directory.hpp"
#include "supervision/fault_injector.hpp"

#include <functional>
#include <memory>

namespace talaria::app {

/// @returns what is wrong with the settings of faults, taken together.
domain::result<void> check_chaos(const configuration& settings);

/// The faults that are injected into this process, when that is switched on: loud in the log. One
/// that ends it does so as `kill -9` would.
class chaos {
public:
  /// With the fault of `chaos.exit_at_point`.
  /// @param now The system's clock.
  /// @returns null unless `chaos.enabled`.
  static std::unique_ptr<chaos> start(const configuration& settings,
                                      std::function<domain::timestamp()> now);

  chaos(const chaos&) = delete;
  chaos& operator=(const chaos&) = delete;

  supervision::fault_injector& faults() { return faults_; }

  /// The system's clock, shifted as it was asked for.
  domain::timestamp now() const { return now_() + faults_.clock_offset(); }

  /// To be called before other threads use it. Without it no actor is killed at once.
  void know(const supervision::directory& actors) { actors_ = &actors; }

private:
  explicit chaos(std::function<domain::timestamp()> now);

  const std::function<domain::timestamp()> now_;
  const supervision::directory* actors_ = nullptr;
  supervision::fault_injector faults_;
};

}  // namespace talaria::app
