#include "http/authenticator.hpp"

#include "http/api_key.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <unordered_set>

namespace talaria::http {
namespace {

using domain::ec;

constexpr std::size_t pepper_bytes = 32;

std::string random_pepper() {
  std::string pepper(pepper_bytes, '\0');
  randombytes_buf(pepper.data(), pepper.size());
  return pepper;
}

domain::error unknown_key() {
  return {ec::unauthorized, "The API key is not known, or no longer good.", ""};
}

}  // namespace

bool principal::allows(domain::scope wanted) const {
  domain::api_key key;
  key.scopes = scopes;
  return key.allows(wanted);
}

presented_key find_api_key(const request& request) {
  constexpr std::string_view scheme = "Bearer ";
  presented_key found;
  const auto authorization = request.header("Authorization");
  const auto plain = request.header("X-API-Key");
  found.ambiguous =
      request.header_count("Authorization") > 1 || request.header_count("X-API-Key") > 1;
  if (authorization && authorization->size() > scheme.size() &&
      equals_ignoring_case(authorization->substr(0, scheme.size()), scheme)) {
    std::string_view token = authorization->substr(scheme.size());
    token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
    found.key = token;
  }
  if (plain) {
    found.ambiguous = found.ambiguous || (authorization && found.key != plain);
    found.key = plain;
  }
  return found;
}

std::size_t authenticator::digest_hash::operator()(const sha256_digest& digest) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, digest.data(), sizeof value);
  return value;
}

authenticator::authenticator(persistence::store& store, clock now, authenticator_options options,
                             actors::store_metrics& metrics, domain::organization_limits limits)
    : now_(std::move(now)),
      options_(options),
      metrics_(metrics),
      limits_(limits),
      pepper_(random_pepper()),
      decoy_hash_(hash_api_key(generate_api_key()).value()),
      hashing_({.threads = 1, .queue_max = options.waiting_max},
               [&store] { return store.open_tenants(); }) {
}

sha256_digest authenticator::peppered(std::string_view key) const {
  return sha256({pepper_, key});
}

std::optional<domain::result<principal>> authenticator::remembered(std::string_view key) {
  const sha256_digest digest = peppered(key);
  const domain::timestamp now = now_();
  const std::scoped_lock lock(mutex_);
  if (const auto found = verified_.find(digest); found != verified_.end()) {
    if (found->second.until > now) {
      uses_[found->second.who->key] = now;
      return *found->second.who;
    }
    verified_.erase(found);
  }
  if (const auto found = refused_.find(digest); found != refused_.end()) {
    if (found->second.until > now) {
      return tl::unexpected(unknown_key());
    }
    refused_.erase(found);
  }
  return std::nullopt;
}

void authenticator::authenticate(std::string_view key, completion done) {
  if (auto known = remembered(key)) {
    return done(std::move(*known));
  }
  // Copied, so that the refusal below can still call it.
  const bool accepted =
      hashing_.post([this, key = std::string(key), done](tenants_session& tenants) {
        done(find_out(key, *tenants));
      });
  if (!accepted) {
    done(domain::fail(ec::overloaded, "Too many API keys are being checked at this moment."));
  }
}

domain::result<principal> authenticator::find_out(std::string_view key,
                                                  persistence::tenants& tenants) {
  if (auto known = remembered(key)) {
    return std::move(*known);
  }
  const std::uint64_t forgettings_before = forgettings();
  auto answer = verify(key, tenants);
  remember(peppered(key), answer, forgettings_before);
  return answer;
}

domain::result<principal> authenticator::verify(std::string_view key,
                                                persistence::tenants& tenants) {
  if (key.size() < api_key_bytes_min || key.size() > api_key_bytes_max) {
    return tl::unexpected(unknown_key());
  }
  const auto candidates = metrics_.time(actors::store_operation::find_key,
                                        [&] { return tenants.find_api_keys(api_key_lookup(key)); });
  if (!candidates) {
    return tl::unexpected(candidates.error());
  }
  for (const domain::api_key& candidate : *candidates) {
    if (verify_api_key(key, candidate.hash)) {
      return to_principal(candidate, tenants);
    }
  }
  // The time must not tell an unknown key from a wrong one; but when others wait, a flood of
  // unknown keys must not keep them out.
  if (candidates->empty() && !hashing_.has_waiting()) {
    verify_api_key(key, decoy_hash_);
  }
  return tl::unexpected(unknown_key());
}

domain::result<principal> authenticator::to_principal(const domain::api_key& key,
                                                      persistence::tenants& tenants) const {
  if (key.expires_at && *key.expires_at <= now_()) {
    return tl::unexpected(unknown_key());
  }
  const auto organization = tenants.find_organization(key.organization);
  if (!organization) {
    return tl::unexpected(organization.error().code == ec::not_found ? unknown_key()
                                                                     : organization.error());
  }
  return principal{.key = key.id,
                   .organization = key.organization,
                   .application = key.application,
                   .scopes = key.scopes,
                   .expires_at = key.expires_at,
                   .key_name = key.name,
                   .limits = domain::overlaid(organization->limits, limits_),
                   .is_operator = organization->is_operator};
}

std::uint64_t authenticator::forgettings() {
  const std::scoped_lock lock(mutex_);
  return forgettings_;
}

void authenticator::remember(const sha256_digest& digest, const domain::result<principal>& answer,
                             std::uint64_t forgettings_before) {
  const domain::timestamp now = now_();
  const std::scoped_lock lock(mutex_);
  if (answer && forgettings_ == forgettings_before) {
    make_room(verified_);
    const domain::timestamp until = now + options_.verified_for;
    verified_[digest] = {*answer, std::min(until, answer->expires_at.value_or(until))};
    uses_[answer->key] = now;
  } else if (!answer && answer.error().code == ec::unauthorized) {
    make_room(refused_);
    refused_[digest] = {std::nullopt, now + options_.refused_for};
  }
}

void authenticator::forget(std::span<const domain::api_key_id> keys) {
  if (keys.empty()) {
    return;
  }
  const std::unordered_set<domain::api_key_id> changed(keys.begin(), keys.end());
  const std::scoped_lock lock(mutex_);
  ++forgettings_;
  std::erase_if(verified_,
                [&](const auto& entry) { return changed.contains(entry.second.who->key); });
}

void authenticator::forget_organization(const domain::organization_id& organization) {
  const std::scoped_lock lock(mutex_);
  ++forgettings_;
  std::erase_if(verified_,
                [&](const auto& entry) { return entry.second.who->organization == organization; });
}

std::vector<persistence::key_use> authenticator::take_uses() {
  const std::scoped_lock lock(mutex_);
  std::vector<persistence::key_use> taken;
  taken.reserve(uses_.size());
  for (const auto& [key, at] : uses_) {
    taken.push_back({key, at});
  }
  uses_.clear();
  return taken;
}

void authenticator::make_room(memories& among) {
  if (among.size() < options_.remembered_max) {
    return;
  }
  const domain::timestamp now = now_();
  std::erase_if(among, [now](const auto& entry) { return entry.second.until <= now; });
  if (among.size() >= options_.remembered_max) {
    among.erase(among.begin());
  }
}

}  // namespace talaria::http
