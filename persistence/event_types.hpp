#pragma once

#include "domain/id.hpp"
#include "domain/tenancy.hpp"
#include "persistence/session.hpp"
#include "persistence/tenant.hpp"
#include "persistence/write_note.hpp"

#include <vector>

namespace talaria::persistence {

/// What an application says of the events that it takes.
struct registered_types {
  /// Only those that are registered are taken.
  bool strict = false;
  /// In the order of their names.
  std::vector<domain::event_type> types;
};

/// Types of events that applications registered. What is another tenant's is `ec::not_found`.
class event_types : public annotated {
public:
  /// @returns `ec::conflict` if the application has one of that name, `ec::not_found` if there is
  /// no such application, `ec::quota_exceeded` beyond `limits::event_types_max`.
  virtual result<void> insert(const domain::event_type& type) = 0;
  virtual result<domain::event_type> find(const tenant& tenant,
                                          const domain::event_type_id& id) = 0;
  virtual result<page_of<domain::event_type>> list(const tenant& tenant,
                                                   const page_request& page) = 0;
  /// Writes description, schema and `updated_at`.
  virtual result<void> update(const tenant& tenant, const domain::event_type& type) = 0;
  virtual result<void> remove(const tenant& tenant, const domain::event_type_id& id) = 0;

  virtual result<registered_types> of_application(const domain::application_id& application) = 0;
};

}  // namespace talaria::persistence
