#include "app/sealed_store.hpp"

#include "app/secret_keys.hpp"
#include "domain/secret_box.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace talaria::app {

namespace {

using domain::ec;
using domain::fail;
using domain::result;
using persistence::reseal_scope;

constexpr auto keys_setting = "secrets.keys";
constexpr auto file_setting = "secrets.key_file";

struct key_ring {
  std::vector<std::string> keys;
  /// Where they come from: the setting, and the same for people.
  std::string setting;
  std::string source;
  /// There was none: this one is made, and not yet kept anywhere.
  bool fresh = false;
};

result<key_ring> read_keys(const configuration& settings) {
  if (!settings.secret_keys.empty())
    return key_ring{.keys = settings.secret_keys, .setting = keys_setting, .source = keys_setting};
  const auto file = secret_key_file(settings);
  const auto source = fmt::format("{} ({})", file_setting, file);
  if (!has_key_file(file))
    return key_ring{
        .keys = {fresh_secret_key()}, .setting = file_setting, .source = source, .fresh = true};
  auto keys = read_key_file(file);
  if (!keys)
    return fail(keys.error().code, fmt::format("{}: {}", source, keys.error().detail),
                file_setting);
  return key_ring{.keys = *std::move(keys), .setting = file_setting, .source = source};
}

domain::secret_box to_box(const key_ring& ring) {
  return {ring.keys, draw_random_bytes};
}

/// Whether the box opens everything that the store holds.
/// @returns of how many subscriptions the secrets are in plain.
result<std::size_t> check_keys(persistence::catalog& catalog, const domain::secret_box& box,
                               const key_ring& ring) {
  const auto uses = catalog.secret_key_uses();
  if (!uses)
    return tl::unexpected(uses.error());
  std::size_t plain = 0;
  for (const auto& [key_id, subscriptions] : *uses) {
    if (key_id.empty())
      plain = subscriptions;
    else if (!box.knows(key_id))
      return fail(
          ec::invalid_value,
          fmt::format("the secrets of {} subscriptions are sealed with the key {}, which {} {}",
                      subscriptions, key_id, ring.source,
                      ring.fresh ? "would have, but there is no such file" : "does not have"),
          ring.setting);
  }
  return plain;
}

result<void> keep_key(const configuration& settings, const key_ring& ring) {
  const auto file = secret_key_file(settings);
  if (auto made = make_key_file(file, ring.keys.front()); !made)
    return fail(made.error().code, fmt::format("{}: {}", file_setting, made.error().detail),
                file_setting);
  spdlog::info("made the key that seals secrets: {}; back it up, apart from the store", file);
  return {};
}

/// @returns of how many subscriptions it sealed the secrets.
result<std::size_t> seal_all(persistence::catalog& catalog, reseal_scope scope) {
  constexpr std::size_t page_subscriptions = 500;
  std::size_t resealed = 0;
  persistence::resealed_page page;
  do {
    const auto done = catalog.reseal_secrets(scope, page.last, page_subscriptions);
    if (!done)
      return tl::unexpected(done.error());
    page = *done;
    resealed += page.resealed;
  } while (page.subscriptions == page_subscriptions);
  return resealed;
}

result<void> seal_plain(persistence::catalog& catalog) {
  const auto sealed = seal_all(catalog, reseal_scope::plain);
  if (!sealed)
    return tl::unexpected(sealed.error());
  spdlog::info("sealed the secrets of {} subscriptions, which were in plain", *sealed);
  return {};
}

struct opened_store {
  std::unique_ptr<persistence::store> store;
  std::unique_ptr<persistence::catalog> catalog;
  domain::secret_box box;
  std::size_t plain = 0;
};

result<opened_store> open_checked(persistence::store_options options, const key_ring& ring) {
  opened_store opened;
  opened.box = to_box(ring);
  options.secrets = opened.box;
  auto store = persistence::open_store(options);
  if (!store)
    return tl::unexpected(store.error());
  opened.store = *std::move(store);
  opened.catalog = opened.store->open_catalog();
  const auto plain = check_keys(*opened.catalog, opened.box, ring);
  if (!plain)
    return tl::unexpected(plain.error());
  opened.plain = *plain;
  return opened;
}

}  // namespace

std::string secret_key_file(const configuration& settings) {
  if (!settings.secret_key_file.empty())
    return settings.secret_key_file;
  if (persistence::is_server_url(settings.store_url))
    return "talaria.key";
  return settings.store_url.substr(settings.store_url.find(':') + 1) + ".key";
}

result<std::unique_ptr<persistence::store>> open_sealed_store(const configuration& settings,
                                                              persistence::store_options options) {
  const auto ring = read_keys(settings);
  if (!ring)
    return tl::unexpected(ring.error());
  auto opened = open_checked(std::move(options), *ring);
  if (!opened)
    return tl::unexpected(opened.error());
  if (ring->fresh) {
    // Before anything is sealed with it.
    if (auto kept = keep_key(settings, *ring); !kept)
      return tl::unexpected(kept.error());
  }
  if (opened->plain > 0) {
    if (auto sealed = seal_plain(*opened->catalog); !sealed)
      return tl::unexpected(sealed.error());
  }
  opened->catalog.reset();
  return std::move(opened->store);
}

result<reencryption> reencrypt_secrets(const configuration& settings) {
  const auto ring = read_keys(settings);
  if (!ring)
    return tl::unexpected(ring.error());
  if (ring->fresh)
    return fail(ec::not_found, fmt::format("there is no key: {} is not there", ring->source),
                file_setting);
  persistence::store_options options{
      .url = settings.store_url, .read_urls = {}, .accept_data_loss = settings.accept_data_loss};
  auto opened = open_checked(std::move(options), *ring);
  if (!opened)
    return tl::unexpected(opened.error());
  const auto resealed = seal_all(*opened->catalog, reseal_scope::all);
  if (!resealed)
    return tl::unexpected(resealed.error());
  const auto uses = opened->catalog->secret_key_uses();
  if (!uses)
    return tl::unexpected(uses.error());
  reencryption done{.key_id = std::string{opened->box.current_key_id()}, .resealed = *resealed};
  for (const auto& [key_id, subscriptions] : *uses)
    (key_id == done.key_id ? done.kept : done.left) += subscriptions;
  done.kept -= std::min(done.kept, done.resealed);
  return done;
}

}  // namespace talaria::app
