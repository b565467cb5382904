#include "supervision/supervisor.hpp"

#include "supervision/kill_actors.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <stdexcept>

namespace talaria::supervision {

namespace {

/// INTERNAL: the backoff is over.
struct restart_due {
  std::uint64_t number = 0;
};
/// INTERNAL: a child had its time to stop.
struct grace_over {
  std::uint64_t generation = 0;
  /// It was killed already.
  bool killed = false;
};
/// INTERNAL: somebody asked for it.
struct command_child {
  std::string name;
  child_command command{};
};

}  // namespace
}  // namespace talaria::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::supervision::restart_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::supervision::grace_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::supervision::command_child)

namespace talaria::supervision {
namespace {

using child = supervisor_state::child;

void start_child(supervisor_pointer self, child& started) {
  started.restart = 0;
  started.life.start(self->state.options.now());
  started.handle = started.spec.start(*self, started.life.card());
  self->monitor(started.handle);
}

void start_waiting(supervisor_pointer self, std::uint64_t restart) {
  auto& state = self->state;
  for (auto& waiting : state.children) {
    if (state.stopping_for_good || waiting.restart != restart)
      continue;
    start_child(self, waiting);
    if (state.options.on_restart)
      state.options.on_restart(*waiting.life.card());
  }
}

void begin_restarts(supervisor_pointer self) {
  for (const auto& restart : std::exchange(self->state.restarts, {}))
    self->delayed_send(self, restart.wait, restart_due{restart.number});
}

child* last_to_stop(supervisor_state& state) {
  const auto found = std::find_if(state.children.rbegin(), state.children.rend(),
                                  [](const child& each) { return each.to_stop; });
  return found == state.children.rend() ? nullptr : &*found;
}

/// Stops the last child that is to be stopped; its end leads here again.
void stop_next(supervisor_pointer self) {
  auto& state = self->state;
  ++state.stop_generation;
  auto* stopped = last_to_stop(state);
  if (stopped != nullptr) {
    self->send_exit(stopped->handle, caf::exit_reason::user_shutdown);
    self->delayed_send(self, state.options.stop_grace, grace_over{state.stop_generation});
  } else if (state.stopping_for_good) {
    self->quit(state.final_reason);
  } else {
    begin_restarts(self);
  }
}

void mark_to_stop(child& marked) {
  if (!marked.life.up())
    return;
  marked.to_stop = true;
  marked.life.told_to_stop();
}

void stop_for_good(supervisor_pointer self, caf::error reason) {
  auto& state = self->state;
  if (state.stopping_for_good)
    return;
  state.stopping_for_good = true;
  state.final_reason = std::move(reason);
  const bool under_way = last_to_stop(state) != nullptr;
  for (auto& each : state.children)
    mark_to_stop(each);
  if (!under_way)
    stop_next(self);
}

bool goes_down_with(strategy restarts, std::size_t failed, std::size_t other) {
  switch (restarts) {
    case strategy::one_for_all:
      return other != failed;
    case strategy::rest_for_one:
      return other > failed;
    case strategy::one_for_one:
      break;
  }
  return false;
}

/// Has the child, which is down or about to be, and those that share its fate started anew.
void restart_with_siblings(supervisor_pointer self, std::size_t index,
                           std::chrono::milliseconds wait) {
  auto& state = self->state;
  const bool under_way = last_to_stop(state) != nullptr;
  const auto number = ++state.last_restart;
  state.restarts.push_back({number, wait});
  for (std::size_t i = 0; i < state.children.size(); ++i) {
    auto& each = state.children[i];
    if (i != index && !goes_down_with(state.options.restarts, index, i))
      continue;
    each.restart = number;
    mark_to_stop(each);
  }
  if (!under_way)
    stop_next(self);
}

void child_exhausted(supervisor_pointer self, child& exhausted, const caf::error& reason) {
  auto& state = self->state;
  const auto follows = exhausted.spec.when_exhausted;
  if (follows == exhaustion::quarantine)
    exhausted.life.quarantine(state.options.now());
  if (state.options.on_exhausted)
    state.options.on_exhausted(*exhausted.life.card(), follows);
  if (follows == exhaustion::escalate)
    stop_for_good(self, reason);
}

void child_failed(supervisor_pointer self, std::size_t index, const caf::error& error) {
  auto& state = self->state;
  auto& failed = state.children[index];
  const auto reason = describe(error);
  const auto wait = failed.life.failed(
      reason, {state.options.now(), self->clock().now(), state.options.jitter()});
  if (state.options.on_failure)
    state.options.on_failure(*failed.life.card(), reason);
  if (wait)
    restart_with_siblings(self, index, *wait);
  else
    child_exhausted(self, failed, error);
}

void child_done(supervisor_pointer self, std::size_t index) {
  auto& state = self->state;
  auto& done = state.children[index];
  done.life.ended();
  state.options.actors->leave(done.life.card()->path, state.options.now());
  state.children.erase(state.children.begin() + static_cast<std::ptrdiff_t>(index));
}

void child_stopped(supervisor_pointer self, child& stopped) {
  stopped.to_stop = false;
  if (self->state.stopping_for_good)
    stopped.life.ended();
  else
    stopped.life.await_restart();
  stop_next(self);
}

void child_down(supervisor_pointer self, const caf::down_msg& down) {
  auto& state = self->state;
  const auto found = std::find_if(state.children.begin(), state.children.end(), [&](const auto& c) {
    return c.life.up() && c.handle.address() == down.source;
  });
  if (found == state.children.end())
    return;
  const auto index = static_cast<std::size_t>(found - state.children.begin());
  found->handle = nullptr;
  if (found->to_stop)
    child_stopped(self, *found);
  else if (down.reason)
    child_failed(self, index, down.reason);
  else
    child_done(self, index);
}

void give_up(supervisor_pointer self, child& stuck) {
  if (self->state.options.on_given_up)
    self->state.options.on_given_up(*stuck.life.card());
  self->demonitor(stuck.handle);
  stuck.handle = nullptr;
  child_stopped(self, stuck);
}

void grace_ended(supervisor_pointer self, const grace_over& grace) {
  auto& state = self->state;
  auto* slow = last_to_stop(state);
  if (grace.generation != state.stop_generation || slow == nullptr)
    return;
  if (grace.killed)
    return give_up(self, *slow);
  // It overtakes the backlog that may be what the child is slow with.
  kill_actor(slow->handle);
  self->delayed_send(self, state.options.stop_grace, grace_over{grace.generation, true});
}

void obey(supervisor_pointer self, const command_child& asked) {
  auto& state = self->state;
  const auto found = std::ranges::find(state.children, asked.name,
                                       [](const child& each) { return each.spec.name; });
  if (found == state.children.end() || state.stopping_for_good)
    return;
  const bool wanted = asked.command == child_command::release
                          ? found->life.release(state.options.now())
                          : found->life.stays();
  if (wanted)
    restart_with_siblings(self, static_cast<std::size_t>(found - state.children.begin()),
                          std::chrono::milliseconds{0});
}

void check(const supervisor_options& options, const child_spec& spec) {
  if (spec.when_exhausted == exhaustion::quarantine && options.restarts != strategy::one_for_one)
    throw std::invalid_argument(options.path + "/" + spec.name +
                                ": a child can be quarantined only where no sibling shares its "
                                "fate");
}

void add_child(supervisor_pointer self, child_spec spec) {
  auto& state = self->state;
  const auto& options = state.options;
  check(options, spec);
  auto card =
      options.actors->enter(options.path + "/" + spec.name, spec.kind, options.now(), spec.gauges);
  card->set_control([supervisor = caf::actor_cast<caf::actor_addr>(self),
                     name = spec.name](child_command command) {
    if (const auto handle = caf::actor_cast<caf::actor>(supervisor))
      caf::anon_send(handle, command_child{name, command});
  });
  child_life life{std::move(card), spec.policy.value_or(options.policy)};
  state.children.push_back({.spec = std::move(spec), .life = std::move(life), .handle = {}});
  start_child(self, state.children.back());
}

}  // namespace

caf::behavior supervisor(supervisor_pointer self, supervisor_options options,
                         std::vector<child_spec> children, std::shared_ptr<actor_card> card,
                         const observer* by) {
  if (card)
    begin(self, std::move(card), *by);
  else
    fail_with_exception_text(self);
  self->state.options = std::move(options);
  self->set_default_handler(caf::drop);
  self->set_down_handler([self](caf::down_msg& down) { child_down(self, down); });
  self->set_exit_handler([self](caf::exit_msg& exit) { stop_for_good(self, exit.reason); });
  for (auto& spec : children)
    add_child(self, std::move(spec));
  return {
      [self](restart_due due) { start_waiting(self, due.number); },
      [self](const grace_over& grace) { grace_ended(self, grace); },
      [self](const command_child& asked) { obey(self, asked); },
  };
}

}  // namespace talaria::supervision
