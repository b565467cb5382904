#pragma once

#include "actors/ingest.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

/// The part of `ingest` that spawns, supervises and ends the subscription actors.
namespace talaria::actors {

using ingest_pointer = supervision::observed_pointer<ingest_actor, ingest_state>;

/// The actor of a subscription, spawned if it sleeps.
///
/// @returns null if it cannot take messages now: it was deleted, backs off, is quarantined or about
/// to end, or its shard is not served here. In all these cases the store keeps what was meant for
/// it.
supervised_subscription* wake_subscription(ingest_pointer self, domain::subscription_number number);

/// The actor of a subscription if it is up and to stay so.
supervised_subscription* find_awake(ingest_pointer self, domain::subscription_number number);

template <class Message>
void send_to(ingest_pointer self, supervised_subscription& subscription, Message message) {
  ++subscription.messages_sent;
  self->send(subscription.handle, std::move(message));
}

/// Lets it end, with what is under way.
void end_subscription(ingest_pointer self, supervised_subscription& subscription);

/// Ends it, since its shard has another owner, and wakes nothing of this shard any more.
void lose_subscription(ingest_pointer self, domain::subscription_number number);

/// Ends the subscriptions of shards that are not served any more, and tells the member of each
/// shard that none is left of.
void vacate(ingest_pointer self, const shards_leaving& leaving);

void subscription_down(ingest_pointer self, const caf::down_msg& down);
void restart_subscription(ingest_pointer self, domain::subscription_number number);

void forget_poison(ingest_pointer self, const event_settled& settled);

/// Restarts a subscription, which has a while to end what is under way, or releases it.
void obey(ingest_pointer self, const command_subscription& asked);
void kill_slow_subscription(ingest_pointer self, const restart_grace_over& grace);

void drain_subscriptions(ingest_pointer self, std::shared_ptr<std::promise<void>> drained);

}  // namespace talaria::actors
