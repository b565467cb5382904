#include "persistence/sql/catalog.hpp"
#include "persistence/sql/statement.hpp"
#include "persistence/sql/subscription_row.hpp"

#include <algorithm>
#include <tuple>

namespace talaria::persistence::sql {

namespace {

using domain::secret_box;
using domain::subscription_id;

struct secret_reads {
  explicit secret_reads(const open_session& open) : open{open} {}

  open_session open;

  // As much as names the key, and nothing of a secret that is not sealed.
  query<row<subscription_number, std::string>(subscription_number, std::int64_t)> starts_after{open,
                                                                                               R"(
      select number, substr(secrets, 1, 12) from subscriptions
      where number > :number and deleted_us is null order by number limit :rows)"};
};

struct secret_writes {
  explicit secret_writes(const open_session& open) : open{open} {}

  open_session open;

  query<row<subscription_number, subscription_id, std::string>(subscription_number, std::int64_t)>
      after{open, R"(
      select number, id, secrets from subscriptions
      where number > :number and deleted_us is null order by number limit :rows)"};

  // Unless somebody changed them in between. The revision stays, since no reader would see a
  // difference.
  command<std::string, subscription_number, std::string> replace{open, R"(
      update subscriptions set secrets = :sealed where number = :number and secrets = :former)"};
};

struct stored_secrets {
  subscription_number number{};
  subscription_id id;
  std::string text;
};

std::vector<stored_secrets> read_page(secret_writes& sql, subscription_number after,
                                      std::size_t rows_max) {
  std::vector<stored_secrets> page;
  const auto keep = [&](subscription_number number, const subscription_id& id, std::string& text) {
    page.push_back({number, id, std::move(text)});
  };
  sql.after.each(keep, after, static_cast<std::int64_t>(rows_max));
  return page;
}

void count_use(std::vector<secret_key_use>& uses, std::string_view key_id) {
  auto found = std::ranges::find(uses, key_id, &secret_key_use::key_id);
  if (found == uses.end())
    found = uses.insert(found, {std::string{key_id}, 0});
  ++found->subscriptions;
}

bool is_to_be_sealed(std::string_view stored, reseal_scope scope, const secret_box& box) {
  const auto key_id = secret_box::key_id_of(stored);
  return key_id != box.current_key_id() && (key_id.empty() || scope == reseal_scope::all);
}

}  // namespace

result<std::vector<secret_key_use>> catalog::secret_key_uses() {
  constexpr std::int64_t page_rows = 5'000;
  return access_->read<secret_reads>([&](secret_reads& sql) -> result<std::vector<secret_key_use>> {
    std::vector<secret_key_use> uses;
    subscription_number last{};
    std::int64_t rows = 0;
    do {
      rows = 0;
      sql.starts_after.each(
          [&](subscription_number number, const std::string& start) {
            ++rows;
            last = number;
            count_use(uses, secret_box::key_id_of(start));
          },
          last, page_rows);
    } while (rows == page_rows);
    return uses;
  });
}

result<resealed_page> catalog::reseal_secrets(reseal_scope scope, subscription_number after,
                                              std::size_t subscriptions_max) {
  return access_->write<secret_writes>([&](secret_writes& sql) -> result<resealed_page> {
    resealed_page done{.last = after};
    for (const auto& [number, id, text] : read_page(sql, after, subscriptions_max)) {
      ++done.subscriptions;
      done.last = number;
      if (!is_to_be_sealed(text, scope, secrets_))
        continue;
      const auto owner = domain::to_string(id);
      done.resealed +=
          sql.replace(secrets_.seal(open_secrets(text, id, secrets_), owner), number, text);
    }
    return done;
  });
}

}  // namespace talaria::persistence::sql
