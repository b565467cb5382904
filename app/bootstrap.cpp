#include "app/bootstrap.hpp"

#include "domain/tenancy.hpp"
#include "http/api_key.hpp"

namespace talaria::app {

domain::result<std::string> bootstrap(persistence::store& store, const std::string& chosen_key,
                                      domain::timestamp now,
                                      const std::function<std::uint64_t()>& random_bits) {
  const auto made = chosen_key.empty() ? http::make_api_key() : http::make_api_key(chosen_key);
  if (!made)
    return tl::unexpected(made.error());
  domain::uuid_sequence ids;
  const domain::organization organization{
      .id = {ids.next(now, random_bits())}, .name = "default", .created_at = now};
  const domain::application application{.id = {ids.next(now, random_bits())},
                                        .organization = organization.id,
                                        .name = "default",
                                        .metadata = "{}",
                                        .created_at = now,
                                        .updated_at = now};
  const domain::api_key key{.id = {ids.next(now, random_bits())},
                            .organization = organization.id,
                            .application = std::nullopt,
                            .name = "bootstrap",
                            .lookup = made->lookup,
                            .hash = made->hash,
                            .scopes = static_cast<std::uint8_t>(domain::scope::admin),
                            .created_at = now,
                            .expires_at = std::nullopt};
  const auto created = store.open_catalog()->bootstrap(organization, application, key);
  if (!created)
    return tl::unexpected(created.error());
  const auto ensured = store.open_catalog()->ensure_system_applications(
      now, [&] { return ids.next(now, random_bits()); });
  if (!ensured)
    return tl::unexpected(ensured.error());
  return *created && chosen_key.empty() ? made->key : std::string{};
}

}  // namespace talaria::app
