#pragma once

#include "supervision/fault.hpp"

#include <span>
#include <string_view>

/// Where faults can be injected. Those around the store's calls are reached by
/// `app/faulty_store.cpp`, those of requests by `app/faulty_sender.cpp`, the others by the actors.
namespace talaria::actors::fault_points {

inline constexpr std::string_view actor_message = "actor.message";
inline constexpr std::string_view actor_now = "actor.now";
inline constexpr std::string_view store_any_before = "store.any.before";
inline constexpr std::string_view store_claim_middle = "store.claim.middle";
inline constexpr std::string_view store_append_before = "store.append.before";
inline constexpr std::string_view store_append_after = "store.append.after";
inline constexpr std::string_view event_after_commit = "event.after_commit";
inline constexpr std::string_view store_read_before = "store.read.before";
inline constexpr std::string_view attempt_before_request = "attempt.before_request";
inline constexpr std::string_view outbound_request = "outbound.request";
inline constexpr std::string_view attempt_after_response = "attempt.after_response";
inline constexpr std::string_view store_record_before = "store.record.before";
inline constexpr std::string_view store_record_after = "store.record.after";
inline constexpr std::string_view outcome_after_commit = "outcome.after_commit";
inline constexpr std::string_view store_sweep_before = "store.sweep.before";

/// All of them, in the order of an event's way.
std::span<const supervision::fault_point> all();

}  // namespace talaria::actors::fault_points
