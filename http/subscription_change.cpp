#include "http/subscription_change.hpp"

#include "http/rendering.hpp"

#include <sodium.h>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;
using domain::result;
namespace json = boost::json;

constexpr int update_attempts = 3;

std::string etag_of(const domain::subscription& subscription) {
  return '"' + std::to_string(subscription.revision) + '"';
}

}  // namespace

response subscription_response(unsigned status, const domain::subscription& subscription,
                               domain::timestamp now) {
  response shown = json_response(status, to_json(subscription, now));
  shown.headers.emplace_back("ETag", etag_of(subscription));
  return shown;
}

result<domain::subscription> find_subscription(const call& call, store_sessions& sessions) {
  const auto id = path_id<domain::subscription_id>(call.request());
  if (!id) {
    return tl::unexpected(id.error());
  }
  return sessions.catalog->find_subscription(call.tenant(), *id);
}

std::optional<problem> check_match(const call& call, const domain::subscription& current) {
  const auto wanted = call.request().header("If-Match");
  if (!wanted || *wanted == "*" || *wanted == etag_of(current)) {
    return std::nullopt;
  }
  return protocol_problem(412, "precondition_failed",
                          "The resource has changed since the version in If-Match.");
}

answer change_subscription(const route_context& context, const call& call, store_sessions& sessions,
                           const subscription_change& change) {
  for (int attempt = 1;; ++attempt) {
    auto current = find_subscription(call, sessions);
    if (!current) {
      return refuse(current.error());
    }
    if (const auto stale = check_match(call, *current)) {
      return tl::unexpected(*stale);
    }
    if (const auto changed = change(*current); !changed) {
      return refuse(changed.error());
    }
    const auto now = context.services.now();
    current->updated_at = now;
    const auto stored = sessions.catalog->update_subscription(std::move(*current));
    if (stored) {
      context.services.gateway.catalog_changed();
      return subscription_response(200, *stored, now);
    }
    if (stored.error().code != ec::conflict || attempt == update_attempts) {
      return refuse(stored.error());
    }
  }
}

std::string fresh_key(domain::signature_scheme scheme) {
  std::string seed(domain::key_seed_bytes, '\0');
  randombytes_buf(seed.data(), seed.size());
  return domain::make_key(scheme, seed);
}

result<std::string> read_key(const std::optional<std::string>& secret,
                             domain::signature_scheme scheme) {
  if (!secret) {
    return fresh_key(scheme);
  }
  auto key = domain::parse_key(scheme, *secret);
  if (!key) {
    return fail(key.error().code, key.error().detail, "/secret");
  }
  return key;
}

}  // namespace talaria::http
