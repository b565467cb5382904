#pragma once

#include "actors/gateway.hpp"
#include "domain/error.hpp"
#include "domain/id.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::http {

/// An event as its client sent it.
struct decoded_event {
  /// `event->application` is not set yet: who may write where is for others to decide.
  actors::event_draft draft;
  std::optional<domain::application_id> application;
};

/// Reads the body of a submission. The payload is copied byte for byte.
///
/// @param idempotency_key The header, where there is one; the body must not have another.
domain::result<decoded_event> decode_event(std::string_view body,
                                           std::optional<std::string_view> idempotency_key);

struct batch_fault {
  std::size_t index = 0;
  domain::error error;
};

struct decoded_batch {
  /// Empty if there are faults.
  std::vector<decoded_event> events;
  /// At most one for each event.
  std::vector<batch_fault> faults;
};

/// Reads the body of a batch.
///
/// @returns an error if there is no list of 1 to `limits::batch_events_max` events to look at.
domain::result<decoded_batch> decode_batch(std::string_view body);

/// Text of a JSON array, as a problem's `errors`.
std::string to_json(const std::vector<batch_fault>& faults);

}  // namespace talaria::http
