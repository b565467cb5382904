#include "tests/simulation/process.hpp"

#include "actors/observation.hpp"
#include "app/actor_tree.hpp"
#include "supervision/inspection.hpp"

#include <caf/all.hpp>

#include <utility>

namespace talaria::simulation {

process::process(shuffled_system& system, memory_rows& rows, std::string name, surroundings around)
    : system_{system},
      around_{std::move(around)},
      store_{rows, around_.store},
      env_{.now = [this] { return now(); },
           .random_fraction = [this] { return around_.chance->fraction(); },
           .random_bits = [this] { return around_.chance->bits(); },
           .send_request =
               [this](delivery::outbound_request request, delivery::engine::completion done) {
                 if (alive_)
                   around_.send(std::move(request), std::move(done));
               },
           .store = store_,
           .directory = directory_,
           .metrics = metrics_,
           .settings = {},
           .node = name,
           .incarnation = name,
           .uptime = [this] { return system_.now().time_since_epoch(); },
           .abort_requests = [] {},
           .addresses = {},
           .observer = actors::make_observer(metrics_)} {
  env_.addresses.event_writers.resize(2);
  env_.addresses.outcome_writers.resize(2);
  // Runs are judged after an hour at the latest.
  env_.settings.full_sweep_interval = std::chrono::minutes{1};
  env_.observer.before_message = [this](const supervision::actor_card& card) {
    if (card.kind != "supervisor")
      crash_if_drawn();
  };
  claim_shards();
  root_ = app::start_actor_tree(system.system(), env_, app::blocking_actors::scheduled);
  root_->attach_functor([ended = ended_](const caf::error&) { *ended = true; });
}

process::~process() {
  die();
}

/// Only within the handling of a message; a supervisor that dies is no case of its own, since the
/// process dies with it.
domain::timestamp process::now() const {
  const auto running = system_.running();
  if (!running.empty() && running != "supervisor")
    crash_if_drawn();
  return system_.now() + clock_offset_;
}

void process::crash_if_drawn() const {
  if (alive_ && around_.draw_crash())
    throw crash{};
}

void process::claim_shards() {
  env_.shards.take(*store_.open_shard_ownership()->claim_all(env_.incarnation));
}

void process::die() {
  if (!std::exchange(alive_, false))
    return;
  store_.process_died();
  // In good order, which nobody notices: nothing that they do has an effect any more.
  caf::anon_send_exit(std::exchange(root_, nullptr), caf::exit_reason::user_shutdown);
}

bool process::has_quarantined() const {
  supervision::actor_query quarantined;
  quarantined.state = supervision::actor_state::quarantined;
  return supervision::inspect(directory_, quarantined).total > 0;
}

void process::submit(actors::submission submission) {
  auto done = std::move(submission.done);
  submission.done = [this, done = std::move(done)](auto answer) {
    if (alive_)
      done(std::move(answer));
  };
  gateway_.submit(std::move(submission));
}

void process::catalog_changed() {
  if (alive_)
    gateway_.catalog_changed();
}

}  // namespace talaria::simulation
