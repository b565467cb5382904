#pragma once

#include "actors/store_metrics.hpp"
#include "domain/error.hpp"
#include "domain/id.hpp"
#include "domain/tenancy.hpp"
#include "domain/time.hpp"
#include "http/executor.hpp"
#include "http/request.hpp"
#include "http/sha256.hpp"
#include "persistence/store.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace talaria::http {

/// Who makes a request.
struct principal {
  domain::api_key_id key;
  domain::organization_id organization;
  /// Absent: the key is good for every application of the organization.
  std::optional<domain::application_id> application;
  std::uint8_t scopes = 0;
  std::optional<domain::timestamp> expires_at;
  std::string key_name{};
  /// What its organization may use.
  domain::organization_limits limits{};
  /// Of the organization that runs the installation.
  bool is_operator = false;

  bool allows(domain::scope wanted) const;

  /// Whether what concerns all organizations is this one's to see or to do, as far as its scopes
  /// go.
  bool operates() const { return is_operator && !application; }
};

struct authenticator_options {
  std::chrono::seconds verified_for{300};
  std::chrono::seconds refused_for{30};
  /// Of each kind.
  std::size_t remembered_max = 10'000;
  /// Keys waiting to be hashed; further ones are told to come back.
  std::size_t waiting_max = 256;
};

/// The API key of a request: `Authorization: Bearer` or `X-API-Key`.
struct presented_key {
  std::optional<std::string_view> key;
  /// Two keys, or two headers of the same name: nobody can say which one counts.
  bool ambiguous = false;
};
presented_key find_api_key(const request& request);

/// Knows whose a key is.
///
/// Hashing a key takes milliseconds by intent, so it is done by one thread, for which a bounded
/// number of keys wait, and what it found is remembered for a while: good keys for minutes, others
/// for seconds. What is remembered is found by a hash with a secret of this process. Thread-safe.
class authenticator {
public:
  using clock = std::function<domain::timestamp()>;
  using completion = std::function<void(domain::result<principal>)>;

  /// @param limits Of organizations that have none of their own.
  authenticator(persistence::store& store, clock now, authenticator_options options,
                actors::store_metrics& metrics, domain::organization_limits limits = {});

  /// Calls `done` once: at once if the key is remembered, else later, on the thread that hashes.
  ///
  /// @returns through `done`: `ec::unauthorized` for a key that is unknown, wrong or expired, all
  /// in the same words and about the same time; `ec::overloaded`, `ec::store_unavailable`.
  void authenticate(std::string_view key, completion done);

  /// The answer, if it is remembered: the way of nearly every request.
  std::optional<domain::result<principal>> remembered(std::string_view key);

  /// These keys, or their organizations, were changed: what is remembered of them is not true any
  /// more, nor is what is being found out.
  void forget(std::span<const domain::api_key_id> keys);

  void forget_organization(const domain::organization_id& organization);

  /// Keys that were used since the last call, each with its last use.
  std::vector<persistence::key_use> take_uses();

  void stop() { hashing_.stop(); }

private:
  struct memory {
    /// Absent: refused.
    std::optional<principal> who;
    domain::timestamp until;
  };
  struct digest_hash {
    std::size_t operator()(const sha256_digest& digest) const noexcept;
  };
  using memories = std::unordered_map<sha256_digest, memory, digest_hash>;
  using tenants_session = std::unique_ptr<persistence::tenants>;

  sha256_digest peppered(std::string_view key) const;
  domain::result<principal> find_out(std::string_view key, persistence::tenants& tenants);
  domain::result<principal> verify(std::string_view key, persistence::tenants& tenants);
  domain::result<principal> to_principal(const domain::api_key& key,
                                         persistence::tenants& tenants) const;
  std::uint64_t forgettings();
  void remember(const sha256_digest& digest, const domain::result<principal>& answer,
                std::uint64_t forgettings_before);
  void make_room(memories& among);

  const clock now_;
  const authenticator_options options_;
  actors::store_metrics& metrics_;
  const domain::organization_limits limits_;
  const std::string pepper_;
  /// What an unknown key is compared with, so that it takes as long as a wrong one.
  const std::string decoy_hash_;
  std::mutex mutex_;
  memories verified_;
  memories refused_;
  std::unordered_map<domain::api_key_id, domain::timestamp> uses_;
  /// How often something was to be forgotten.
  std::uint64_t forgettings_ = 0;
  executor<tenants_session> hashing_;
};

}  // namespace talaria::http
