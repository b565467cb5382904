#include "app/keys_command.hpp"

#include "domain/limits.hpp"
#include "domain/tenancy.hpp"
#include "domain/time.hpp"
#include "http/api_key.hpp"
#include "http/fresh_id.hpp"
#include "persistence/store.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

namespace talaria::app {

namespace {

using domain::api_key;
using domain::ec;
using domain::fail;
using domain::organization;
using domain::result;
using persistence::store;

constexpr std::size_t page_rows = 250;

/// Goes through a list, page by page.
///
/// @param read `result<page_of<Row>>(const page_request&)`
template <class Row, class Read>
result<void> each(Read read, const std::function<void(const Row&)>& visit) {
  persistence::page_request wanted{.limit = page_rows, .after = std::nullopt};
  while (true) {
    const result<persistence::page_of<Row>> page = read(wanted);
    if (!page)
      return tl::unexpected(page.error());
    for (const auto& row : page->rows)
      visit(row);
    if (!page->more)
      return {};
    wanted.after = page->rows.back().id.value;
  }
}

result<organization> find_organization(persistence::tenants& tenants, const std::string& name) {
  std::optional<organization> found;
  const auto read =
      each<organization>([&](const auto& page) { return tenants.list_organizations(page); },
                         [&](const organization& row) {
                           if (row.name == name)
                             found = row;
                         });
  if (!read)
    return tl::unexpected(read.error());
  if (!found)
    return fail(ec::not_found, fmt::format("there is no organization named {}", name));
  return *found;
}

result<std::uint8_t> read_scopes(const std::vector<std::string>& texts) {
  std::uint8_t scopes = 0;
  for (const auto& text : texts) {
    const auto scope = domain::parse_scope(text);
    if (!scope)
      return fail(ec::invalid_value,
                  fmt::format("{} is no scope: ingest, read, manage or admin", text));
    scopes |= domain::bit_of(*scope);
  }
  return scopes;
}

std::string scopes_text(std::uint8_t scopes) {
  std::vector<std::string_view> texts;
  for (const auto scope : domain::all_scopes()) {
    if ((scopes & domain::bit_of(scope)) != 0)
      texts.push_back(to_string(scope));
  }
  return fmt::format("{}", fmt::join(texts, ","));
}

std::string time_text(const std::optional<domain::timestamp>& time) {
  return time ? domain::to_rfc3339(*time) : "never";
}

/// @returns the key, which nobody can show again.
result<std::string> create_key(store& store, const key_request& wanted) {
  const auto tenants = store.open_tenants();
  const auto organization = find_organization(*tenants, wanted.organization);
  if (!organization)
    return tl::unexpected(organization.error());
  if (wanted.name.empty() || wanted.name.size() > domain::limits::name_bytes_max)
    return fail(ec::invalid_value, "a name has 1 to 128 bytes");
  const auto scopes = read_scopes(wanted.scopes);
  if (!scopes)
    return tl::unexpected(scopes.error());
  const auto now = http::system_time();
  auto made = http::make_api_key();
  if (!made)
    return tl::unexpected(made.error());
  api_key key{.id = {http::fresh_id(now)},
              .organization = organization->id,
              .application = std::nullopt,
              .name = wanted.name,
              .lookup = made->lookup,
              .hash = made->hash,
              .scopes = *scopes,
              .created_at = now,
              .expires_at = std::nullopt};
  if (wanted.expires_in_days > 0)
    key.expires_at = now + std::chrono::days{wanted.expires_in_days};
  if (!wanted.application.empty()) {
    const auto application = store.open_catalog()->find_application_by_name(
        {organization->id, std::nullopt}, wanted.application);
    if (!application)
      return fail(ec::not_found,
                  fmt::format("there is no application named {}", wanted.application));
    key.application = application->id;
  }
  if (const auto stored = tenants->insert_api_key(key); !stored)
    return tl::unexpected(stored.error());
  return made->key;
}

result<void> list_keys(store& store, const key_request& wanted, std::ostream& out) {
  const auto tenants = store.open_tenants();
  const auto organization = find_organization(*tenants, wanted.organization);
  if (!organization)
    return tl::unexpected(organization.error());
  out << fmt::format("{:36}  {:24}  {:20}  {:27}  {}\n", "id", "name", "scopes", "last used",
                     "expires");
  return each<api_key>(
      [&](const auto& page) {
        return tenants->list_api_keys({organization->id, std::nullopt}, page);
      },
      [&](const api_key& key) {
        out << fmt::format("{:36}  {:24}  {:20}  {:27}  {}\n", to_string(key.id), key.name,
                           scopes_text(key.scopes), time_text(key.last_used_at),
                           time_text(key.expires_at));
      });
}

result<void> revoke_key(store& store, const key_request& wanted) {
  const auto tenants = store.open_tenants();
  const auto organization = find_organization(*tenants, wanted.organization);
  if (!organization)
    return tl::unexpected(organization.error());
  const auto id = domain::parse_uuid(wanted.id);
  if (!id)
    return fail(ec::invalid_value, fmt::format("{} is no id of a key", wanted.id));
  return tenants->revoke_api_key({organization->id, std::nullopt}, {*id}, http::system_time());
}

/// Opens the store as it is: a server of another version may run on it.
template <class Work>
int with_store(const configuration& settings, std::ostream& complaints, const Work& work) {
  persistence::store_options options;
  options.url = settings.store_url;
  options.accept_data_loss = settings.accept_data_loss;
  auto opened = persistence::open_store(options);
  const result<void> done = opened ? work(**opened) : tl::unexpected(opened.error());
  if (done)
    return EXIT_SUCCESS;
  complaints << fmt::format("talaria: {}\n", done.error().detail);
  return EXIT_FAILURE;
}

}  // namespace

int run_create_key(const configuration& settings, const key_request& wanted, std::ostream& out,
                   std::ostream& complaints) {
  return with_store(settings, complaints, [&](store& store) -> result<void> {
    const auto key = create_key(store, wanted);
    if (!key)
      return tl::unexpected(key.error());
    out << *key << '\n' << std::flush;
    return {};
  });
}

int run_list_keys(const configuration& settings, const key_request& wanted, std::ostream& out,
                  std::ostream& complaints) {
  return with_store(settings, complaints,
                    [&](store& store) { return list_keys(store, wanted, out); });
}

int run_revoke_key(const configuration& settings, const key_request& wanted, std::ostream& out,
                   std::ostream& complaints) {
  return with_store(settings, complaints, [&](store& store) -> result<void> {
    auto revoked = revoke_key(store, wanted);
    if (revoked)
      out << "revoked\n";
    return revoked;
  });
}

}  // namespace talaria::app
