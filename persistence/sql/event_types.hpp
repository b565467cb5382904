#pragma once

#include "persistence/event_types.hpp"
#include "persistence/sql/access.hpp"

#include <memory>
#include <utility>

namespace talaria::persistence::sql {

class event_types : public persistence::event_types {
public:
  explicit event_types(std::unique_ptr<access> access) : access_{std::move(access)} {}

  void annotate(write_note note) override { access_->annotate(std::move(note)); }

  result<void> insert(const domain::event_type& type) override;
  result<domain::event_type> find(const tenant& tenant, const domain::event_type_id& id) override;
  result<page_of<domain::event_type>> list(const tenant& tenant, const page_request& page) override;
  result<void> update(const tenant& tenant, const domain::event_type& type) override;
  result<void> remove(const tenant& tenant, const domain::event_type_id& id) override;
  result<registered_types> of_application(const domain::application_id& application) override;

private:
  std::unique_ptr<access> access_;
};

}  // namespace talaria::persistence::sql
