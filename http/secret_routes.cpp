#include "domain/limits.hpp"
#include "domain/subscription.hpp"
#include "domain/time.hpp"
#include "http/body_fields.hpp"
#include "http/json_reader.hpp"
#include "http/routes.hpp"
#include "http/subscription_change.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;
using domain::result;
namespace limits = domain::limits;
namespace json = boost::json;

/// Those that still sign after rotations in quick succession; more would only burden receivers.
constexpr std::size_t secrets_max = 4;

result<std::chrono::hours> take_overlap(json::object& body) {
  const auto found = body.find("overlap_hours");
  if (found == body.end()) {
    return limits::secret_overlap_default;
  }
  if (!found->value().is_number()) {
    return fail(ec::wrong_type, "The field must be an integer.", "/overlap_hours");
  }
  boost::system::error_code failed;
  const auto hours = found->value().to_number<std::int64_t>(failed);
  if (failed || hours < 0 || hours > limits::secret_overlap_max.count()) {
    return fail(ec::invalid_value, "overlap_hours is an integer from 0 to 168.", "/overlap_hours");
  }
  body.erase(found);
  return std::chrono::hours(hours);
}

result<void> rotate(domain::subscription& changed, const std::string& key,
                    std::chrono::hours overlap, domain::timestamp now) {
  auto& secrets = changed.secrets;
  for (domain::signing_secret& former : secrets) {
    former.expires_at = std::min(former.expires_at.value_or(now + overlap), now + overlap);
  }
  std::erase_if(secrets, [now](const auto& former) { return *former.expires_at <= now; });
  if (secrets.size() >= secrets_max) {
    return fail(ec::conflict,
                "The last rotations still overlap; wait, or rotate with a shorter "
                "overlap_hours.");
  }
  secrets.insert(secrets.begin(), {.key = key, .expires_at = std::nullopt});
  return {};
}

/// What its owner may see of a secret: of a key pair the public key, as nobody but Talaria needs
/// the other.
json::object shown(const domain::signing_secret& secret, domain::signature_scheme scheme) {
  if (is_asymmetric(scheme)) {
    return {{"public_key", domain::public_key_to_text(secret.key)}};
  }
  return {{"secret", domain::secret_to_text(secret.key)}};
}

response secret_response(const domain::subscription& subscription) {
  const auto scheme = subscription.settings.signature;
  json::array former;
  for (auto secret = subscription.secrets.begin() + 1; secret != subscription.secrets.end();
       ++secret) {
    auto fields = shown(*secret, scheme);
    fields["expires_at"] = domain::to_rfc3339(secret->expires_at.value_or(domain::timestamp{}));
    former.push_back(std::move(fields));
  }
  auto fields = shown(subscription.secrets.front(), scheme);
  fields["previous"] = std::move(former);
  return json_response(200, json::serialize(fields));
}

answer show_secret(const call& call, store_sessions& sessions) {
  const auto found = find_subscription(call, sessions);
  if (!found) {
    return refuse(found.error());
  }
  return secret_response(*found);
}

answer rotate_secret(const route_context& context, const call& call, store_sessions& sessions) {
  json::object body;
  if (!call.request().body.empty()) {
    auto parsed = parse_json_object(call.request().body);
    if (!parsed) {
      return refuse(parsed.error());
    }
    body = std::move(*parsed);
  }
  const auto secret = take_string(body, "secret");
  if (!secret) {
    return refuse(secret.error());
  }
  const auto overlap = take_overlap(body);
  if (!overlap) {
    return refuse(overlap.error());
  }
  if (!body.empty()) {
    return refuse(ec::unknown_field, "A rotation has no field of this name.",
                  "/" + std::string(body.begin()->key()));
  }
  domain::subscription rotated;
  auto updated = change_subscription(
      context, call, sessions, [&](domain::subscription& changed) -> result<void> {
        const auto key = read_key(*secret, changed.settings.signature);
        if (!key) {
          return tl::unexpected(key.error());
        }
        auto done = rotate(changed, *key, *overlap, context.services.now());
        rotated = changed;
        return done;
      });
  if (!updated) {
    return updated;
  }
  return secret_response(rotated);
}

}  // namespace

void add_secret_routes(operations& to, const route_context& context) {
  const std::string path = "/api/v1/subscriptions/{id}/secret";
  to.add_stored("GET", path, access::manage, show_secret);
  to.add_stored("POST", path + "/rotate", access::manage,
                [&context](const call& call, store_sessions& sessions) {
                  return rotate_secret(context, call, sessions);
                });
}

}  // namespace talaria::http
