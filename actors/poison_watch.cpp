#include "actors/poison_watch.hpp"

#include <exception>

namespace talaria::actors {

event_at_hand::mark::mark(event_at_hand& at_hand, const domain::event_id& event)
    : at_hand_(at_hand), exceptions_(std::uncaught_exceptions()) {
  at_hand_.event = event;
}

event_at_hand::mark::~mark() {
  if (std::uncaught_exceptions() == exceptions_)
    at_hand_.event.reset();
}

std::uint32_t poison_watch::failed(const domain::event_id& event, domain::timestamp now) {
  std::erase_if(suspects_, [&](const auto& known) { return now - known.second.last >= memory; });
  auto& record = suspects_[event];
  record.last = now;
  const auto failures = ++record.failures;
  if (failures >= tries_max) {
    suspects_.erase(event);
    isolated_.insert(event);
  }
  return failures;
}

}  // namespace talaria::actors
