#pragma once

#include "actors/environment.hpp"

#include <memory>

namespace talaria::actors {

/// Reads the store for actors that must not block: pages of pending deliveries, and the catalogue.
///
/// Owns its sessions; detached. Answers every message, with the error if there was one. When it
/// dies, `ingest` and the subscriptions miss an answer; both ask again (see `delivery_window` and
/// `catalog_load_due`).
struct store_reader_state {
  static inline const char* name = "store_reader";

  environment* env = nullptr;
  std::unique_ptr<persistence::queue_reader> queue;
  std::unique_ptr<persistence::catalog> catalog;
};

store_reader_actor::behavior_type store_reader(
    supervision::observed_pointer<store_reader_actor, store_reader_state> self, environment* env,
    std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
