#include "persistence/sql/outbox.hpp"

#include "persistence/sql/statement.hpp"

#include <cstdint>
#include <utility>

namespace talaria::persistence::sql {

namespace {

struct outbox_reads {
  explicit outbox_reads(const open_session& open) : open{open} {}

  open_session open;

  query<row<domain::uuid, domain::organization_id, domain::application_id, std::string, std::string,
            std::string, timestamp, domain::application_id>(std::int64_t)>
      first{open, R"(
      select o.id, o.organization_id, o.application_id, o.event_type, o.labels, o.payload,
             o.occurred_us, a.id
      from operational_events o
        join applications a on a.organization_id = o.organization_id and a.is_system = 1
      order by o.id limit :rows)"};
};

struct outbox_writes {
  explicit outbox_writes(const open_session& open) : open{open} {}

  open_session open;

  command<domain::uuid> remove{open, "delete from operational_events where id = :id::uuid"};
};

}  // namespace

result<std::vector<untold_event>> outbox::first(std::size_t events_max) {
  const auto read = [&](outbox_reads& sql) -> result<std::vector<untold_event>> {
    std::vector<untold_event> found;
    sql.first.each(
        [&](const domain::uuid& id, const domain::organization_id& organization,
            const domain::application_id& application, std::string& type, const std::string& labels,
            std::string& payload, timestamp occurred_at,
            const domain::application_id& system_application) {
          found.push_back({{id, organization, application, std::move(type),
                            domain::parse_labels(labels), std::move(payload), occurred_at},
                           system_application});
        },
        static_cast<std::int64_t>(events_max));
    return found;
  };
  return access_->read<outbox_reads>(read);
}

result<void> outbox::remove(std::span<const domain::uuid> ids) {
  return access_->write<outbox_writes>([&](outbox_writes& sql) -> result<void> {
    for (const auto& id : ids)
      sql.remove(id);
    return {};
  });
}

}  // namespace talaria::persistence::sql
