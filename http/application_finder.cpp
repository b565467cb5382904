#include "http/application_finder.hpp"

namespace talaria::http {
namespace {

using namespace std::chrono_literals;
using domain::ec;
using domain::fail;

constexpr auto remembered_for = 5s;
constexpr std::size_t remembered_max = 10'000;
constexpr std::string_view default_name = "default";

}  // namespace

std::optional<domain::result<domain::application_id>> application_finder::find_remembered(
    const principal& who, const named_application& named) {
  if (who.application) {
    if (named && *named != *who.application) {
      return fail(ec::forbidden, "The API key is bound to another application.", "/application_id");
    }
    return *who.application;
  }
  const domain::timestamp now = now_();
  const std::scoped_lock lock(mutex_);
  const auto found = memories_.find({who.organization, named});
  if (found == memories_.end() || found->second.until <= now) {
    return std::nullopt;
  }
  return found->second.application;
}

domain::result<domain::application_id> application_finder::find(const principal& who,
                                                                const named_application& named,
                                                                application_use use,
                                                                persistence::catalog& catalog) {
  if (auto known = find_remembered(who, named)) {
    return std::move(*known);
  }
  const persistence::tenant tenant{who.organization, std::nullopt};
  const auto found = named ? catalog.find_application(tenant, *named)
                           : catalog.find_application_by_name(tenant, default_name);
  if (!found && found.error().code == ec::not_found) {
    return fail(ec::invalid_value,
                named ? "There is no such application."
                      : "There is no application named default: name the one that is meant.",
                "/application_id");
  }
  if (!found) {
    return tl::unexpected(found.error());
  }
  // Not remembered, so that it is asked for each use.
  if (found->is_system && use == application_use::submit) {
    return fail(ec::invalid_value, "Only Talaria itself submits events to the system application.",
                "/application_id");
  }
  if (found->is_system) {
    return found->id;
  }
  const std::scoped_lock lock(mutex_);
  if (memories_.size() >= remembered_max) {
    memories_.clear();
  }
  memories_[{who.organization, named}] = {found->id, now_() + remembered_for};
  return found->id;
}

void application_finder::forget() {
  const std::scoped_lock lock(mutex_);
  memories_.clear();
}

}  // namespace talaria::http
