#include <benchmark/benchmark.h>
#include <caf/all.hpp>

#include <algorithm>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>

namespace {

/// As most messages of ours: a pointer to what is handed on.
struct parcel {
  std::shared_ptr<const std::string> content;
  std::int64_t hops_left = 0;
};

}  // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parcel)

namespace {

/// As Talaria's own.
struct configuration : caf::actor_system_config {
  configuration() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-throughput", std::size_t{100});
    set("scheduler.max-threads", std::size_t{std::max(2U, std::thread::hardware_concurrency())});
  }
};

struct player_state {
  caf::actor next;
  std::promise<void>* ended = nullptr;
};

/// Hands every parcel on to the next player, until it has made its hops.
caf::behavior player(caf::stateful_actor<player_state>* self, std::promise<void>* ended) {
  self->state.ended = ended;
  return {
      [self](const caf::actor& next) { self->state.next = next; },
      [self](parcel& received) {
        if (--received.hops_left > 0)
          self->send(self->state.next, std::move(received));
        else
          self->state.ended->set_value();
      },
  };
}

constexpr std::int64_t hops = 10'000;

template <caf::spawn_options Options>
void hand_to_and_fro(benchmark::State& state) {
  configuration settings;
  caf::actor_system system{settings};
  const auto content = std::make_shared<const std::string>("content");
  for (auto _ : state) {
    std::promise<void> ended;
    auto first = system.spawn(player, &ended);
    auto second = system.spawn<Options>(player, &ended);
    caf::anon_send(first, second);
    caf::anon_send(second, first);
    caf::anon_send(first, parcel{content, hops});
    ended.get_future().wait();
    caf::anon_send_exit(first, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(second, caf::exit_reason::user_shutdown);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * hops);
}

/// One message under way at a time: what a hop adds to an event's latency.
void hand_off_between_scheduled_actors(benchmark::State& state) {
  hand_to_and_fro<caf::no_spawn_options>(state);
}

/// As between `ingest` and a writer, which has a thread of its own.
void hand_off_to_a_detached_actor(benchmark::State& state) {
  hand_to_and_fro<caf::detached>(state);
}

struct counter_state {
  std::int64_t left = hops;
};

caf::behavior counter(caf::stateful_actor<counter_state>* self, std::promise<void>* ended) {
  return {
      [self, ended](const parcel&) {
        if (--self->state.left == 0)
          ended->set_value();
      },
  };
}

/// Many messages under way, from a thread that is no actor: as from HTTP's workers to `ingest`.
void stream_from_a_thread(benchmark::State& state) {
  configuration settings;
  caf::actor_system system{settings};
  const auto content = std::make_shared<const std::string>("content");
  for (auto _ : state) {
    std::promise<void> ended;
    auto receiver = system.spawn(counter, &ended);
    for (std::int64_t sent = 0; sent < hops; ++sent)
      caf::anon_send(receiver, parcel{content, 0});
    ended.get_future().wait();
    caf::anon_send_exit(receiver, caf::exit_reason::user_shutdown);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * hops);
}

// By the clock on the wall: others' threads do the work. The rate is in messages.
BENCHMARK(hand_off_between_scheduled_actors)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(hand_off_to_a_detached_actor)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(stream_from_a_thread)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
