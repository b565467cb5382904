#include "persistence/sql/catalog.hpp"
#include "persistence/sql/catalog_statements.hpp"
#include "persistence/sql/health_statements.hpp"
#include "persistence/sql/paging.hpp"
#include "persistence/sql/sequence_statements.hpp"
#include "persistence/sql/subscription_row.hpp"

#include <fmt/format.h>

#include <utility>

namespace talaria::persistence::sql {

namespace {

using domain::application_id;
using domain::ec;
using domain::organization_id;
using domain::subscription;
using domain::subscription_id;

std::string select(std::string_view rest) {
  return fmt::format("select {} from {} {}", subscription_columns, subscriptions_with_health, rest);
}

struct subscription_reads {
  explicit subscription_reads(const open_session& open) : open{open} {}

  open_session open;
  revision_statements revision{open};

  query<subscription_row(subscription_id)> find{
      open, select("where id = :id::uuid and deleted_us is null")};

  query<subscription_row(subscription_number)> find_by_number{
      open, select("where number = :number and deleted_us is null")};

  query<subscription_row(organization_id, domain::uuid, std::int64_t)> list_of_organization{
      open, select("where organization_id = :organization::uuid "
                   "and id < :before::uuid and deleted_us is null "
                   "order by id desc limit :rows")};

  query<subscription_row(application_id, organization_id, domain::uuid, std::int64_t)>
      list_of_application{open, select("where application_id = :application::uuid "
                                       "and organization_id = :organization::uuid "
                                       "and id < :before::uuid and deleted_us is null "
                                       "order by id desc limit :rows")};

  query<subscription_row(subscription_number, std::int64_t)> all_after{
      open, select("where number > :number and deleted_us is null order by number limit :rows")};

  query<subscription_row(std::int64_t)> changed_after{
      open, select("where revision > :revision and deleted_us is null order by revision")};

  query<row<subscription_number>(std::int64_t)> deleted_after{open, R"(
      select number from subscriptions
      where revision > :revision and deleted_us is not null order by revision)"};

  query<row<domain::priority>()> paused_queues{open, "select priority from paused_queues"};
};

struct queue_writes {
  explicit queue_writes(const open_session& open) : open{open} {}

  open_session open;
  revision_statements revision{open};

  command<domain::priority> pause{open, R"(
      insert into paused_queues(priority) values(:priority) on conflict(priority) do nothing)"};

  command<domain::priority> resume{open, "delete from paused_queues where priority = :priority"};
};

domain::priority_set read_paused(subscription_reads& sql) {
  domain::priority_set paused;
  sql.paused_queues.each([&](domain::priority queue) { paused.insert(queue); });
  return paused;
}

struct subscription_writes {
  explicit subscription_writes(const open_session& open) : open{open} {}

  open_session open;
  revision_statements revision{open};
  deletion_statements deletion{open};
  health_statements health{open};
  sequence_statements sequences{open};

  application_search applications{open};

  query<row<std::uint32_t>(organization_id, std::uint32_t)> count{open, R"(
      select count(*) from (
        select 1 from subscriptions
        where organization_id = :organization::uuid and deleted_us is null limit :rows) counted)"};

  query<row<std::int64_t>(subscription_id, organization_id, application_id, std::string,
                          std::string, bool, domain::disabled_reason, timestamp, timestamp,
                          std::int64_t)>
      insert{open, R"(
      insert into subscriptions(id, organization_id, application_id, settings, secrets, paused,
                                disabled, created_us, updated_us, revision)
      values(:id::uuid, :organization::uuid, :application::uuid, :settings,
             :secrets, :paused, :disabled, :created, :updated, :revision)
      returning number)"};

  query<row<subscription_number, organization_id, application_id, std::int64_t,
            domain::disabled_reason>(subscription_id)>
      find{open, R"(
      select number, organization_id, application_id, revision, disabled from subscriptions
      where id = :id::uuid and deleted_us is null)"};

  command<std::string, std::string, bool, domain::disabled_reason, timestamp, std::int64_t,
          subscription_number>
      update{open, R"(
      update subscriptions
      set settings = :settings, secrets = :secrets, paused = :paused, disabled = :disabled,
          updated_us = :updated, revision = :revision
      where number = :number)"};
};

/// @param max 0: any number.
bool is_full(subscription_writes& sql, const organization_id& organization, std::uint32_t max) {
  return max > 0 && sql.count.value(organization, max) == max;
}

tl::unexpected<domain::error> no_such_subscription() {
  return domain::fail(ec::not_found, "no such subscription");
}

/// Appends each row that a query shows to a list of subscriptions.
auto collect_into(std::vector<std::shared_ptr<const subscription>>& subscriptions,
                  const domain::secret_box& box) {
  return [&](const auto&... columns) {
    subscriptions.push_back(
        std::make_shared<const subscription>(to_subscription(subscription_row{columns...}, box)));
  };
}

/// In pages: a database's client may hold all rows of an answer in memory.
void show_all(subscription_reads& sql, const domain::secret_box& box,
              const std::function<void(const subscription&)>& visit) {
  constexpr std::int64_t page_rows = 500;
  subscription_number last{};
  std::int64_t rows = 0;
  do {
    rows = 0;
    sql.all_after.each(
        [&](const auto&... columns) {
          const auto shown = to_subscription(subscription_row{columns...}, box);
          ++rows;
          last = shown.number;
          visit(shown);
        },
        last, page_rows);
  } while (rows == page_rows);
}

}  // namespace

result<subscription> catalog::insert_subscription(subscription subscription,
                                                  std::uint32_t organization_max) {
  return access_->write_catalog<subscription_writes>(
      [&](subscription_writes& sql) -> result<domain::subscription> {
        if (!sql.applications.exists.value(subscription.application, subscription.organization))
          return domain::fail(ec::not_found, "no such application");
        if (is_full(sql, subscription.organization, organization_max))
          return domain::fail(ec::quota_exceeded,
                              fmt::format("the organization has {} subscriptions, as many as it "
                                          "may have",
                                          organization_max));
        subscription.revision = sql.revision.raise();
        const auto number = sql.insert.value(
            subscription.id, subscription.organization, subscription.application,
            settings_to_json(subscription.settings), stored_secrets_of(subscription, secrets_),
            subscription.paused, subscription.disabled, subscription.created_at,
            subscription.updated_at, subscription.revision);
        if (number > domain::subscription_number_max)
          return domain::fail(ec::store_full, "every number of a subscription was given");
        subscription.number = subscription_number{static_cast<std::uint32_t>(number)};
        if (subscription.settings.ordering == domain::ordering::fifo)
          sql.sequences.begin(subscription.number);
        return subscription;
      });
}

result<subscription> catalog::find_subscription(const tenant& tenant, const subscription_id& id) {
  const auto read = [&](subscription_reads& sql) -> result<subscription> {
    const auto row = sql.find.first(id);
    if (!row)
      return no_such_subscription();
    auto found = to_subscription(*row, secrets_);
    if (!tenant.sees(found.organization, found.application))
      return no_such_subscription();
    return found;
  };
  return access_->read<subscription_reads>(read);
}

result<subscription> catalog::find_subscription(subscription_number number) {
  return access_->read<subscription_reads>([&](subscription_reads& sql) -> result<subscription> {
    const auto row = sql.find_by_number.first(number);
    if (!row)
      return no_such_subscription();
    return to_subscription(*row, secrets_);
  });
}

result<page_of<subscription>> catalog::list_subscriptions(const tenant& tenant,
                                                          const page_request& page) {
  const auto read = [&](subscription_reads& sql) -> result<page_of<subscription>> {
    page_of<subscription> found;
    const auto add = [&](const auto&... columns) {
      return add_row(found, to_subscription(subscription_row{columns...}, secrets_), page);
    };
    if (tenant.application)
      sql.list_of_application.each(add, *tenant.application, tenant.organization, before(page),
                                   rows_wanted(page));
    else
      sql.list_of_organization.each(add, tenant.organization, before(page), rows_wanted(page));
    return found;
  };
  return access_->read<subscription_reads>(read);
}

result<subscription> catalog::update_subscription(subscription subscription) {
  const bool is_ordered = subscription.settings.ordering == domain::ordering::fifo;
  const auto update = [&](subscription_writes& sql) -> result<domain::subscription> {
    const auto row = sql.find.first(subscription.id);
    if (!row)
      return no_such_subscription();
    const auto& [number, organization, application, revision, disabled] = *row;
    if (organization != subscription.organization || application != subscription.application)
      return no_such_subscription();
    if (revision != subscription.revision)
      return domain::fail(ec::conflict, "the subscription was changed meanwhile");
    subscription.number = number;
    subscription.revision = sql.revision.raise();
    sql.update(settings_to_json(subscription.settings), stored_secrets_of(subscription, secrets_),
               subscription.paused, subscription.disabled, subscription.updated_at,
               subscription.revision, number);
    if (is_ordered)
      sql.sequences.begin(number);
    if (disabled != domain::disabled_reason::none &&
        subscription.disabled == domain::disabled_reason::none) {
      sql.health.forget(number);
      subscription.health = {};
    }
    return subscription;
  };
  return is_ordered ? access_->write_catalog_patiently<subscription_writes>(update)
                    : access_->write_catalog<subscription_writes>(update);
}

result<void> catalog::delete_subscription(const tenant& tenant, const subscription_id& id,
                                          timestamp now) {
  return access_->write_catalog_patiently<subscription_writes>(
      [&](subscription_writes& sql) -> result<void> {
        const auto row = sql.find.first(id);
        if (!row)
          return no_such_subscription();
        const auto& [number, organization, application, revision, disabled] = *row;
        if (!tenant.sees(organization, application))
          return no_such_subscription();
        sql.deletion.erase(number, sql.revision.raise(), now);
        return {};
      });
}

result<void> catalog::set_queue_paused(domain::priority queue, bool paused) {
  return access_->write_catalog<queue_writes>([&](queue_writes& sql) -> result<void> {
    if ((paused ? sql.pause : sql.resume)(queue) != 0)
      sql.revision.raise();
    return {};
  });
}

result<domain::priority_set> catalog::paused_queues() {
  return access_->read<subscription_reads>(
      [&](subscription_reads& sql) -> result<domain::priority_set> { return read_paused(sql); });
}

result<std::int64_t> catalog::each_subscription(
    const std::function<void(const subscription&)>& visit) {
  return access_->read<subscription_reads>([&](subscription_reads& sql) -> result<std::int64_t> {
    const auto revision = sql.revision.current.value();
    show_all(sql, secrets_, visit);
    return revision;
  });
}

result<catalog_changes> catalog::changes_since(std::int64_t revision) {
  const auto read = [&](subscription_reads& sql) -> result<catalog_changes> {
    catalog_changes changes;
    changes.revision = sql.revision.current.value();
    sql.changed_after.each(collect_into(changes.changed, secrets_), revision);
    sql.deleted_after.each([&](subscription_number number) { changes.deleted.push_back(number); },
                           revision);
    changes.paused_queues = read_paused(sql);
    return changes;
  };
  return access_->read<subscription_reads>(read);
}

}  // namespace talaria::persistence::sql
