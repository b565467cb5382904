#pragma once

#include <cstddef>

/// Every bound of what nodes tell each other, in one place.
namespace talaria::cluster::limits {

// Messages of the product.
/// Of one `deliveries_due`.
inline constexpr std::size_t due_subscriptions_max = 4'096;
/// Of one `usage`.
inline constexpr std::size_t usage_rows_max = 1'024;
inline constexpr std::size_t question_bytes_max = 64 * 1024;
/// The actors of a node with many subscriptions, as text.
inline constexpr std::size_t answer_bytes_max = 4 * 1024 * 1024;

/// Of a message as it is sent: the largest answer, with room for its other fields.
inline constexpr std::size_t message_bytes_max = answer_bytes_max + 1024;

/// Of a node's name, and of its incarnation.
inline constexpr std::size_t name_bytes_max = 256;

// What may be under way.
/// Toward one peer, sent and not yet acknowledged: memory for a peer that does not read.
inline constexpr std::size_t unacknowledged_messages_max = 1'024;
/// One message may exceed it, so that the largest always passes.
inline constexpr std::size_t unacknowledged_bytes_max = 4 * 1024 * 1024;
/// Questions of this node that wait for their answers.
inline constexpr std::size_t open_questions_max = 1'024;

/// Of the secret of a cluster whose links leave the machine.
inline constexpr std::size_t secret_bytes_min = 16;

static_assert(due_subscriptions_max * 8 < message_bytes_max);
static_assert(usage_rows_max * 32 < message_bytes_max);

}  // namespace talaria::cluster::limits
