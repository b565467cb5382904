#include "domain/delivery.hpp"

#include "domain/enum_text.hpp"

namespace talaria::domain {

namespace {
constexpr enum_texts<4> status_texts{"pending", "delivered", "dead", "cancelled"};
constexpr std::uint16_t status_gone = 410;
}  // namespace

std::string_view to_string(delivery_status status) {
  return text_of(status_texts, status);
}

std::optional<delivery_status> parse_delivery_status(std::string_view text) {
  return value_of<delivery_status>(status_texts, text);
}

bool is_legal(delivery_status from, delivery_status to) {
  return from == delivery_status::pending || to == delivery_status::pending;
}

verdict judge(const delivery_progress& before, const attempt& made, const retry_schedule& schedule,
              std::optional<std::chrono::seconds> retry_after, timestamp now, double jitter) {
  if (made.succeeded())
    return {.status = delivery_status::delivered, .due = {}};
  verdict decided;
  decided.gone = made.status_code == status_gone;
  const auto delay = schedule.next_delay(before.run_attempts + 1, retry_after, jitter);
  if (delay)
    decided.due = now + *delay;
  else
    decided.status = delivery_status::dead;
  return decided;
}

}  // namespace talaria::domain
