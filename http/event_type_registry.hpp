#pragma once

#include "domain/error.hpp"
#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/payload_schema.hpp"
#include "domain/time.hpp"
#include "persistence/event_types.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace talaria::http {

/// What an application demands of the events that it takes. Immutable.
class event_rules {
public:
  /// @param former Whose compiled schemas are used again where they are the same.
  event_rules(const persistence::registered_types& registered, const event_rules* former);

  /// Neither a type nor a payload is refused.
  bool allows_everything() const { return !strict_ && types_.empty(); }

  /// @returns `ec::invalid_value` for a type that must be registered and is not,
  /// `ec::schema_mismatch`.
  domain::result<void> check(const domain::event& event) const;

  /// Whether `check` takes so long that it must not be done by a thread that has others to serve.
  bool is_costly(const domain::event& event) const;

private:
  struct registered {
    std::string text;
    std::optional<domain::payload_schema> schema;
  };
  static registered read(const std::string& text, const registered* former);

  const registered* find(std::string_view type) const;

  bool strict_;
  std::map<std::string, registered, std::less<>> types_;
};

/// The rules of applications, read from the store and remembered for some seconds, since every
/// event asks. Thread-safe.
class event_type_registry {
public:
  explicit event_type_registry(std::function<domain::timestamp()> now) : now_(std::move(now)) {}

  using rules = std::shared_ptr<const event_rules>;

  /// @returns nothing if only the store knows.
  rules find_remembered(const domain::application_id& application);

  domain::result<rules> find(const domain::application_id& application,
                             persistence::event_types& types);

  /// They were changed.
  void forget(const domain::application_id& application);

private:
  static constexpr std::chrono::seconds remembered_for{5};
  static constexpr std::size_t remembered_max = 10'000;

  struct memory {
    rules known;
    domain::timestamp until;
  };

  std::function<domain::timestamp()> now_;
  std::mutex mutex_;
  std::unordered_map<domain::application_id, memory> memories_;
};

}  // namespace talaria::http
