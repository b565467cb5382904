#pragma once

#include "domain/id.hpp"
#include "persistence/session.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace talaria::persistence {

/// A position in a list, newest first: rows after this id follow.
struct page_request {
  std::size_t limit = 50;
  std::optional<domain::uuid> after;
};

template <class T>
struct page_of {
  std::vector<T> rows;
  /// Whether rows follow the last one.
  bool more = false;
};

/// What the bearer of a key may see: its organization, and one application of it or all.
struct tenant {
  domain::organization_id organization;
  std::optional<domain::application_id> application;

  /// Whether what belongs to an application of an organization is the tenant's.
  bool sees(const domain::organization_id& owner, const domain::application_id& part) const {
    return owner == organization && (!application || *application == part);
  }
};

}  // namespace talaria::persistence
