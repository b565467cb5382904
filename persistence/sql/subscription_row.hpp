#pragma once

#include "domain/id.hpp"
#include "domain/secret_box.hpp"
#include "domain/subscription.hpp"
#include "persistence/session.hpp"
#include "persistence/sql/statement.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::persistence::sql {

/// The columns of `subscription_row`, for `select ... from subscriptions_with_health`.
inline constexpr std::string_view subscription_columns =
    "number, id, organization_id, application_id, settings, secrets, paused, disabled, created_us, "
    "updated_us, revision, failing_us, opened_us, next_probe_us, "
    "coalesce(breaker_reason, '')";
inline constexpr std::string_view subscriptions_with_health =
    "subscriptions left join subscription_health on subscription = number";

using subscription_row =
    row<subscription_number, domain::subscription_id, domain::organization_id,
        domain::application_id, std::string, std::string, bool, domain::disabled_reason, timestamp,
        timestamp, std::int64_t, std::optional<timestamp>, std::optional<timestamp>,
        std::optional<timestamp>, std::string>;

/// @throws unreadable_row
domain::subscription to_subscription(const subscription_row& row, const domain::secret_box& box);

/// Without the key of a client certificate, which is among the secrets.
std::string settings_to_json(const domain::subscription_settings& settings);

/// A subscription's secrets as they are stored: JSON, sealed for its id if the box has a key.
std::string stored_secrets_of(const domain::subscription& subscription,
                              const domain::secret_box& box);
/// The JSON of stored secrets. @throws unreadable_row
std::string open_secrets(const std::string& stored, const domain::subscription_id& owner,
                         const domain::secret_box& box);

}  // namespace talaria::persistence::sql
