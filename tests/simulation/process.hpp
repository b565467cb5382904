#pragma once

#include "actors/environment.hpp"
#include "actors/local_gateway.hpp"
#include "tests/simulation/memory_store.hpp"
#include "tests/simulation/shuffled_system.hpp"

#include <caf/actor.hpp>
#include <prometheus/registry.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace talaria::simulation {

/// One Talaria, from its start to its death: the real tree of actors, on rows that outlive it.
///
/// Claims all shards when it is made, as the product does. To be kept until the end of the
/// simulation: messages to its actors may be under way for as long.
class process {
public:
  struct surroundings {
    memory_store::surroundings store;
    std::function<void(delivery::outbound_request, delivery::engine::completion)> send;
    /// Whether the actor that is running dies now.
    std::function<bool()> draw_crash;
    dice* chance = nullptr;
  };

  process(shuffled_system& system, memory_rows& rows, std::string name, surroundings around);
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process();

  const std::string& name() const { return env_.node; }

  /// Ends at once: whatever its actors still do changes nothing.
  void die();
  bool alive() const { return alive_; }
  /// Its supervisors have given up.
  bool has_ended() const { return *ended_; }
  /// A subscription waits for a person.
  bool has_quarantined() const;

  /// As its clock is wrong.
  void set_clock_offset(std::chrono::microseconds offset) { clock_offset_ = offset; }

  /// The answer is lost if it dies before.
  void submit(actors::submission submission);
  void catalog_changed();

private:
  domain::timestamp now() const;
  void crash_if_drawn() const;
  void claim_shards();

  shuffled_system& system_;
  surroundings around_;
  bool alive_ = true;
  std::chrono::microseconds clock_offset_{0};
  memory_store store_;
  supervision::directory directory_;
  prometheus::Registry registry_;
  actors::metrics metrics_{registry_};
  actors::environment env_;
  actors::admission admission_{10'000};
  actors::local_gateway gateway_{env_, admission_};
  /// Outlives it, as the actor does that tells.
  std::shared_ptr<bool> ended_ = std::make_shared<bool>(false);
  caf::actor root_;
};

}  // namespace talaria::simulation
