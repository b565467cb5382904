#pragma once

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
#include <string>
#include <unordered_map>

namespace talaria::http {

/// Who makes a request.
struct principal {
  domain::api_key_id key;
  domain::organization_id organization;
  /// Absent: the key is good for every application of the organization.
  std::optional<domain::application_id> application;
  std::uint8_t scopes = 0;
  std::optional<domain::timestamp> expires_at;

  bool allows(domain::scope wanted) const;
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

  authenticator(persistence::store& store, clock now, authenticator_options options = {});

  /// Calls `done` once: at once if the key is remembered, else later, on the thread that hashes.
  ///
  /// @returns through `done`: `ec::unauthorized` for a key that is unknown, wrong or expired, all
  /// in the same words and about the same time; `ec::overloaded`, `ec::store_unavailable`.
  void authenticate(std::string_view key, completion done);

  /// The answer, if it is remembered: the way of nearly every request.
  std::optional<domain::result<principal>> remembered(std::string_view key);

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
  using catalog_session = std::unique_ptr<persistence::catalog>;

  sha256_digest peppered(std::string_view key) const;
  domain::result<principal> verify(std::string_view key, persistence::catalog& catalog);
  void remember(const sha256_digest& digest, const domain::result<principal>& answer);
  void make_room(memories& among);

  const clock now_;
  const authenticator_options options_;
  const std::string pepper_;
  /// What an unknown key is compared with, so that it takes as long as a wrong one.
  const std::string decoy_hash_;
  std::mutex mutex_;
  memories verified_;
  memories refused_;
  executor<catalog_session> hashing_;
};

}  // namespace talaria::http
