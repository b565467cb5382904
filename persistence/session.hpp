#pragma once

#include "domain/error.hpp"
#include "domain/id.hpp"
#include "domain/time.hpp"

/// The contract that every store keeps; tests/persistence/conformance.cpp checks it.
///
/// A `store` is thread-safe and hands out sessions. A session belongs to one thread at a time and
/// must not outlive its store. Calls block. A call that returns an error has changed nothing, with
/// one exception: after `ec::store_unavailable` the outcome of a write is unknown, and repeating it
/// with the same ids is safe. A session recovers by itself on a later call.
///
/// Pending work is rows: a delivery has a row in the queue exactly while it is pending, and exactly
/// one attempt row with a final status (delivered, dead, cancelled) exactly while it is not.
namespace talaria::persistence {

using domain::result;
using domain::subscription_number;
using domain::timestamp;

}  // namespace talaria::persistence
