#include "chaos/store_reader.hpp"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace talaria::chaos {

namespace {

constexpr std::string_view file_scheme = "sqlite:";
constexpr std::string_view separator = "|";

/// The hexadecimal digits of an id, whichever way the store has it.
std::string id_text(bool is_file, std::string_view column) {
  return is_file ? fmt::format("lower(hex({}))", column)
                 : fmt::format("replace(cast({} as text), '-', '')", column);
}

/// As everybody else writes it.
std::string with_dashes(std::string_view hex) {
  if (hex.size() != 32)
    return std::string{hex};
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

/// The fields of a row, which was read as one text.
template <std::size_t Count>
std::array<std::string_view, Count> split(std::string_view row) {
  std::array<std::string_view, Count> fields;
  for (auto& field : fields) {
    const auto end = std::min(row.find(separator), row.size());
    field = row.substr(0, end);
    row.remove_prefix(std::min(end + 1, row.size()));
  }
  return fields;
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

delivery_end to_end(std::int64_t status) {
  constexpr std::array ends{delivery_end::pending, delivery_end::delivered, delivery_end::dead,
                            delivery_end::cancelled};
  return ends.at(static_cast<std::size_t>(status));
}

class outcome_reader {
public:
  outcome_reader(soci::session& session, bool is_file, const run_clock& clock)
      : session_{session}, is_file_{is_file}, clock_{clock} {}

  stored_outcomes read() {
    read_subscriptions();
    read_queue();
    if (!is_file_)
      read_shard_changes();
    read_attempts();
    return std::move(made_);
  }

private:
  /// Columns as one text each: so that both databases' types read alike.
  template <std::size_t Count, class Take>
  void each(const std::array<std::string, Count>& columns, std::string_view rest,
            const Take& take) {
    std::string row;
    for (const auto& column : columns)
      row += fmt::format("{}cast({} as text)", row.empty() ? "" : " || '|' || ", column);
    const soci::rowset<std::string> rows =
        (session_.prepare << fmt::format("select {} {}", row, rest));
    for (const auto& text : rows)
      take(split<Count>(text));
  }

  void read_subscriptions() {
    each<2>({"number", id_text(is_file_, "id")}, "from subscriptions",
            [&](const auto& row) { subscriptions_[number(row[0])] = with_dashes(row[1]); });
  }

  void read_queue() {
    each<2>({id_text(is_file_, "event_id"), "subscription"}, "from delivery_queue",
            [&](const auto& row) {
              made_.finals.push_back(
                  {with_dashes(row[0]), subscriptions_[number(row[1])], delivery_end::pending});
            });
  }

  /// Shards go to incarnations, each of which is a process.
  void read_shard_changes() {
    each<5>({"shard", "epoch", "owner", "process", "at_us"},
            "from chaos.shard_changes order by serial", [&](const auto& row) {
              const std::string owner{row[2]};
              const auto process =
                  owner.empty() ? "" : processes_.try_emplace(owner, row[3]).first->second;
              made_.shard_changes.push_back({.shard = static_cast<std::uint16_t>(number(row[0])),
                                             .epoch = number(row[1]),
                                             .owner = process,
                                             .by = std::string{row[3]},
                                             .at = clock_.from_system(number(row[4]))});
            });
  }

  void read_attempts() {
    if (is_file_) {
      each<8>(attempt_columns(), "from attempts a order by event_id, subscription, number",
              [&](const auto& row) { take_attempt(row); });
      return;
    }
    const auto columns = attempt_columns();
    std::array<std::string, 11> all{};
    std::ranges::copy(columns, all.begin());
    std::ranges::copy(
        std::array{"coalesce(o.shard, -1)", "coalesce(o.owner, '')", "coalesce(o.process, '')"},
        all.begin() + columns.size());
    each<11>(all,
             "from attempts a left join chaos.outcomes o using (event_id, subscription, number) "
             "order by event_id, subscription, number",
             [&](const auto& row) {
               take_attempt(row);
               take_ownership(row, made_.attempts.back());
             });
  }

  std::array<std::string, 8> attempt_columns() const {
    return {id_text(is_file_, "event_id"),
            "subscription",
            "number",
            "a.started_us",
            "a.duration_ms",
            "a.status_code",
            "a.status",
            "a.node"};
  }

  template <class Row>
  void take_attempt(const Row& row) {
    logged_attempt made{
        .event_id = with_dashes(row[0]),
        .subscription = subscriptions_[number(row[1])],
        .number = static_cast<std::uint32_t>(number(row[2])),
        .ended_at = clock_.from_system(number(row[3]) + 1000 * number(row[4])),
        .took = moment{1000 * number(row[4])},
        .status_code = static_cast<unsigned>(number(row[5])),
        .made = to_end(number(row[6])),
        .node = std::string{row[7]},
    };
    if (made.made != delivery_end::pending)
      made_.finals.push_back({made.event_id, made.subscription, made.made});
    made_.attempts.push_back(std::move(made));
  }

  void take_ownership(const std::array<std::string_view, 11>& row, logged_attempt& into) const {
    if (row[10].empty())
      return;
    const auto owner = processes_.find(row[9]);
    into.node = row[10];
    into.ownership = {.shard = static_cast<std::uint16_t>(number(row[8])),
                      .owner = owner == processes_.end() ? std::string{row[9]} : owner->second};
  }

  soci::session& session_;
  bool is_file_;
  const run_clock& clock_;
  std::map<std::int64_t, std::string> subscriptions_;
  /// By their incarnations.
  std::map<std::string, std::string, std::less<>> processes_;
  stored_outcomes made_;
};

}  // namespace

stored_outcomes read_outcomes(const std::string& url, const run_clock& clock) {
  const bool is_file = url.starts_with(file_scheme);
  soci::session session;
  if (is_file)
    session.open(soci::sqlite3, url.substr(file_scheme.size()));
  else
    session.open(soci::postgresql, url);
  return outcome_reader{session, is_file, clock}.read();
}

std::optional<std::string> ask_postgresql(const std::string& url, const std::string& query) {
  try {
    soci::session session{soci::postgresql, fmt::format("{}&connect_timeout=5", url)};
    std::string answer;
    session << fmt::format("select cast(({}) as text)", query), soci::into(answer);
    return answer;
  } catch (const soci::soci_error&) {
    return std::nullopt;
  }
}

}  // namespace talaria::chaos
