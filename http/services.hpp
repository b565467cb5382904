#pragma once

#include "actors/gateway.hpp"
#include "delivery/address_guard.hpp"
#include "domain/time.hpp"
#include "persistence/store.hpp"
#include "supervision/directory.hpp"
#include "supervision/fault_injector.hpp"

#include <prometheus/registry.h>

#include <functional>

namespace talaria::http {

/// What the operations act on. All of it must outlive the server.
struct services {
  persistence::store& store;
  actors::gateway& gateway;
  supervision::directory& directory;
  prometheus::Registry& metrics;
  delivery::address_policy addresses;
  /// Of organizations that have none of their own.
  domain::organization_limits limits{};
  /// Whether the node is shutting down: it is then not ready.
  std::function<bool()> draining;
  std::function<domain::timestamp()> now;
  /// Null: none may be injected.
  supervision::fault_injector* faults = nullptr;
};

}  // namespace talaria::http
