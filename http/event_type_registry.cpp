#include "http/event_type_registry.hpp"

#include "domain/json_fields.hpp"

#include <spdlog/spdlog.h>

#include <exception>

namespace talaria::http {
namespace {

using domain::ec;

/// A payload's bytes times a schema's rules: about a millisecond.
constexpr std::uint64_t quick_checks_max = 100'000;

}  // namespace

event_rules::registered event_rules::read(const std::string& text, const registered* former) {
  if (former != nullptr && former->text == text) {
    return *former;
  }
  registered made{.text = text, .schema = std::nullopt};
  if (text.empty()) {
    return made;
  }
  auto schema = domain::payload_schema::parse(domain::parse_stored_json(text));
  if (schema) {
    made.schema = std::move(*schema);
  } else {
    // It was accepted once, by a version that could evaluate it.
    spdlog::error("http: a stored schema cannot be evaluated: {}", schema.error().detail);
  }
  return made;
}

event_rules::event_rules(const persistence::registered_types& registered, const event_rules* former)
    : strict_(registered.strict) {
  for (const domain::event_type& type : registered.types) {
    const auto* known = former == nullptr ? nullptr : former->find(type.name);
    types_.emplace(type.name, read(type.schema, known));
  }
}

const event_rules::registered* event_rules::find(std::string_view type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? nullptr : &found->second;
}

domain::result<void> event_rules::check(const domain::event& event) const {
  const registered* known = find(event.type);
  if (known == nullptr && strict_) {
    return domain::fail(ec::invalid_value,
                        "The application takes only event types that are registered.",
                        "/event_type");
  }
  if (known == nullptr || !known->schema) {
    return {};
  }
  try {
    return known->schema->check(domain::parse_stored_json(event.payload));
  } catch (const std::exception&) {
    return domain::fail(ec::schema_mismatch, "The payload cannot be compared with its schema.",
                        "/payload");
  }
}

bool event_rules::is_costly(const domain::event& event) const {
  const registered* known = find(event.type);
  return known != nullptr && known->schema &&
         event.payload.size() * known->schema->rules() > quick_checks_max;
}

event_type_registry::rules event_type_registry::find_remembered(
    const domain::application_id& application) {
  const std::scoped_lock lock(mutex_);
  const auto found = memories_.find(application);
  return found == memories_.end() || found->second.until <= now_() ? nullptr : found->second.known;
}

domain::result<event_type_registry::rules> event_type_registry::find(
    const domain::application_id& application, persistence::event_types& types) {
  if (auto known = find_remembered(application)) {
    return known;
  }
  const auto registered = types.of_application(application);
  if (!registered) {
    return tl::unexpected(registered.error());
  }
  rules former;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = memories_.find(application); found != memories_.end()) {
      former = found->second.known;
    }
  }
  const auto made = std::make_shared<const event_rules>(*registered, former.get());
  const std::scoped_lock lock(mutex_);
  if (memories_.size() >= remembered_max) {
    memories_.clear();
  }
  memories_[application] = {made, now_() + remembered_for};
  return made;
}

void event_type_registry::forget(const domain::application_id& application) {
  const std::scoped_lock lock(mutex_);
  memories_.erase(application);
}

}  // namespace talaria::http
