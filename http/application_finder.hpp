#pragma once

#include "domain/error.hpp"
#include "domain/id.hpp"
#include "domain/time.hpp"
#include "http/authenticator.hpp"
#include "persistence/catalog.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace talaria::http {

enum class application_use : std::uint8_t { submit, subscribe };

/// Which application a request is about: that of its key, the one it names, or the one called
/// `default`. What the store said is remembered for some seconds, since every event asks.
/// Thread-safe.
class application_finder {
public:
  explicit application_finder(std::function<domain::timestamp()> now) : now_(std::move(now)) {}

  using named_application = std::optional<domain::application_id>;

  /// @returns nothing if only the store knows.
  std::optional<domain::result<domain::application_id>> find_remembered(
      const principal& who, const named_application& named);

  /// @returns `ec::forbidden` if the key is bound to another application, `ec::invalid_value` if
  /// the organization does not have the application, or if events were to be submitted to its
  /// system application.
  domain::result<domain::application_id> find(const principal& who, const named_application& named,
                                              application_use use, persistence::catalog& catalog);

  /// An application was deleted, or renamed.
  void forget();

private:
  using question = std::pair<domain::organization_id, named_application>;
  struct memory {
    domain::application_id application;
    domain::timestamp until;
  };

  std::function<domain::timestamp()> now_;
  std::mutex mutex_;
  std::map<question, memory> memories_;
};

}  // namespace talaria::http
