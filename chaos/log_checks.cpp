#include <fmt/format.h>

#include "chaos/checks.hpp"
#include <algorithm>
#include <string>

namespace talaria::chaos {

namespace {

bool ends(const logged_attempt* attempt) {
  return attempt->made != delivery_end::pending;
}

/// Empty: it is whole.
std::string find_bad_end(const known_delivery& delivery) {
  const auto& log = delivery.attempts;
  const auto ended = std::ranges::count_if(log, &ends);
  if (ended > 1)
    return fmt::format("it ended {} times", ended);
  if (delivery.final == nullptr)
    return "attempts of a delivery that the store does not know";
  if (delivery.finals > 1)
    return fmt::format("the store has it {} times", delivery.finals);
  if (delivery.final->end == delivery_end::pending)
    return ended == 0 ? "" : "it is pending, and ended";
  if (ended == 0)
    return "it ended without an attempt that says so";
  if (!ends(log.back()))
    return "it was attempted after its end";
  return log.back()->made == delivery.final->end ? "" : "it ended otherwise than its last attempt";
}

std::string find_bad_log(const known_delivery& delivery) {
  const auto& log = delivery.attempts;
  for (std::size_t index = 0; index < log.size(); ++index) {
    if (log[index]->number != index + 1)
      return fmt::format("attempt {} has the number {}", index + 1, log[index]->number);
    if (log[index]->made == delivery_end::delivered && !log[index]->is_success())
      return fmt::format("attempt {} delivered it with the answer {}", index + 1,
                         log[index]->status_code);
  }
  const auto answered =
      std::ranges::count_if(log, [](const logged_attempt* each) { return each->status_code != 0; });
  if (static_cast<std::size_t>(answered) > delivery.receptions.size())
    return fmt::format("{} answers are logged, the receiver saw {} requests", answered,
                       delivery.receptions.size());
  const auto logged = std::ranges::count_if(log, &logged_attempt::is_success);
  const auto given = std::ranges::count_if(delivery.receptions, &reception::is_success);
  if (logged > given)
    return fmt::format("{} successes are logged, the receiver gave {}", logged, given);
  return {};
}

}  // namespace

finding check_ended_once(const indexed_history& known) {
  finding found{promise::ended_once};
  for (const auto& [key, delivery] : known.deliveries.all()) {
    if (delivery.final == nullptr && delivery.attempts.empty())
      continue;
    found.look();
    if (const auto bad = find_bad_end(delivery); !bad.empty())
      found.violate(fmt::format("{}: {}", to_string(key), bad));
  }
  return found;
}

finding check_log_agrees(const indexed_history& known) {
  finding found{promise::log_agrees};
  for (const auto& [key, delivery] : known.deliveries.all()) {
    found.look(delivery.attempts.size());
    if (const auto bad = find_bad_log(delivery); !bad.empty())
      found.violate(fmt::format("{}: {}", to_string(key), bad));
  }
  return found;
}

}  // namespace talaria::chaos
