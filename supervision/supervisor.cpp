#include "supervision/supervisor.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace talaria::supervision {

namespace {

using self_pointer = caf::stateful_actor<supervisor_state>*;

/// INTERNAL: the backoff is over.
struct restart_due {};
/// INTERNAL: a child had its time to stop.
struct grace_over {
  std::uint64_t generation;
};

}  // namespace
}  // namespace talaria::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::supervision::restart_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::supervision::grace_over)

namespace talaria::supervision {
namespace {

void start_child(self_pointer self, supervisor_state::child& child) {
  child.handle = child.spec.start(*self, child.card);
  child.up = true;
  child.card->state = actor_state::running;
  self->monitor(child.handle);
}

void start_missing_children(self_pointer self) {
  for (auto& child : self->state.children) {
    if (child.up)
      continue;
    child.card->restarted(self->state.options.now());
    if (self->state.options.on_restart)
      self->state.options.on_restart(*child.card);
    start_child(self, child);
  }
}

void back_off(self_pointer self);

/// Stops the last child that is up and at or after `stop_from`; its end leads here again.
void stop_next(self_pointer self) {
  auto& state = self->state;
  for (std::size_t i = state.children.size(); i > state.stop_from; --i) {
    auto& child = state.children[i - 1];
    if (!child.up)
      continue;
    child.card->state = actor_state::stopping;
    self->send_exit(child.handle, caf::exit_reason::user_shutdown);
    self->delayed_send(self, state.options.stop_grace, grace_over{++state.stop_generation});
    return;
  }
  ++state.stop_generation;
  if (state.stopping_for_good)
    self->quit(state.final_reason);
  else
    back_off(self);
}

void stop_for_good(self_pointer self, caf::error reason) {
  auto& state = self->state;
  if (state.stopping_for_good)
    return;
  state.stopping_for_good = true;
  state.final_reason = std::move(reason);
  state.stop_from = 0;
  stop_next(self);
}

void back_off(self_pointer self) {
  auto& state = self->state;
  state.stop_from = state.children.size();
  const auto wait = state.budget->spend(self->clock().now(), state.options.jitter());
  if (!wait) {
    stop_for_good(self, state.final_reason);
    return;
  }
  for (auto& child : state.children) {
    if (!child.up)
      child.card->state = actor_state::backing_off;
  }
  self->delayed_send(self, *wait, restart_due{});
}

std::size_t first_to_stop(strategy restarts, std::size_t failed, std::size_t count) {
  switch (restarts) {
    case strategy::one_for_all:
      return 0;
    case strategy::rest_for_one:
      return failed + 1;
    case strategy::one_for_one:
      break;
  }
  return count;
}

void child_down(self_pointer self, const caf::down_msg& down) {
  auto& state = self->state;
  const auto found = std::find_if(
      state.children.begin(), state.children.end(),
      [&](const auto& child) { return child.up && child.handle.address() == down.source; });
  if (found == state.children.end())
    return;
  const auto index = static_cast<std::size_t>(found - state.children.begin());
  found->up = false;
  found->handle = nullptr;
  const bool was_told_to_stop = state.stopping_for_good || index >= state.stop_from;
  if (was_told_to_stop) {
    stop_next(self);
    return;
  }
  if (!down.reason) {
    state.children.erase(found);
    state.stop_from = std::min(state.stop_from, state.children.size());
    return;
  }
  const auto reason = caf::to_string(down.reason);
  found->card->failed(reason);
  found->card->state = actor_state::restarting;
  state.final_reason = down.reason;
  if (state.options.on_failure)
    state.options.on_failure(*found->card, reason);
  const auto first = first_to_stop(state.options.restarts, index, state.children.size());
  state.stop_from = std::min(state.stop_from, first);
  stop_next(self);
}

void kill_slow_child(self_pointer self, const grace_over& grace) {
  auto& state = self->state;
  if (grace.generation != state.stop_generation)
    return;
  for (std::size_t i = state.children.size(); i > state.stop_from; --i) {
    const auto& child = state.children[i - 1];
    if (!child.up)
      continue;
    // At high priority it overtakes the backlog that may be what the child is slow with.
    caf::anon_send<caf::message_priority::high>(
        child.handle, caf::exit_msg{child.handle.address(), caf::exit_reason::kill});
    return;
  }
}

}  // namespace

caf::behavior supervisor(self_pointer self, supervisor_options options,
                         std::vector<child_spec> children) {
  auto& state = self->state;
  state.options = std::move(options);
  state.budget = std::make_unique<restart_budget>(state.options.policy);
  state.stop_from = children.size();
  self->set_default_handler(caf::drop);
  self->set_down_handler([self](caf::down_msg& down) { child_down(self, down); });
  self->set_exit_handler([self](caf::exit_msg& exit) { stop_for_good(self, exit.reason); });
  for (auto& spec : children) {
    auto card = state.options.actors->enter(state.options.path + "/" + spec.name, spec.kind,
                                            state.options.now(), spec.gauge_names);
    state.children.push_back(
        {.spec = std::move(spec), .card = std::move(card), .handle = {}, .up = false});
    start_child(self, state.children.back());
  }
  return {
      [self](restart_due) {
        if (!self->state.stopping_for_good)
          start_missing_children(self);
      },
      [self](const grace_over& grace) { kill_slow_child(self, grace); },
  };
}

}  // namespace talaria::supervision
