#pragma once

#include "actors/gateway.hpp"
#include "cluster/links.hpp"
#include "cluster/usage_board.hpp"
#include "delivery/address_guard.hpp"
#include "domain/time.hpp"
#include "persistence/store.hpp"
#include "supervision/directory.hpp"
#include "supervision/fault_injector.hpp"

#include <prometheus/registry.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace talaria::http {

/// Which node this is.
struct node_identity {
  std::string name;
  /// Of this process.
  std::string incarnation;
  domain::timestamp started_at;
};

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
  node_identity node{};
  /// Of the links to other nodes. Empty: there are none.
  std::function<std::vector<cluster::links::shown_link>()> links{};
  /// Asks another node, by its incarnation; as `cluster::links::ask`. Empty as `links` is.
  std::function<void(std::string_view incarnation, std::string question,
                     std::chrono::milliseconds timeout, cluster::answer_handler handler)>
      ask{};
  /// Null: limits are not divided with other nodes.
  cluster::usage_board* usage = nullptr;
};

}  // namespace talaria::http
