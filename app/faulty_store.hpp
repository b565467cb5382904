#pragma once

#include "persistence/store.hpp"
#include "supervision/fault_injector.hpp"

#include <memory>

namespace talaria::app {

/// Lets faults be injected before and after the calls of a store that delivery depends on: `fail`
/// answers `ec::store_unavailable`, before a call as if nothing had been done, after it as if its
/// answer had been lost.
///
/// @param faults Must outlive the store.
std::unique_ptr<persistence::store> make_faulty(std::unique_ptr<persistence::store> store,
                                                supervision::fault_injector& faults);

/// What interrupts a store at the points that only it can reach.
///
/// @param faults Must outlive the store.
persistence::store_interruption interrupt_by(supervision::fault_injector& faults);

}  // namespace talaria::app
