#include "persistence/postgres/native_statement.hpp"

#include "persistence/postgres/connector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <cstring>

namespace talaria::persistence::postgres {

namespace {

template <class Number>
Number to_network_order(Number number) {
  auto bytes = std::bit_cast<std::array<std::uint8_t, sizeof(Number)>>(number);
  if constexpr (std::endian::native == std::endian::little)
    std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<Number>(bytes);
}

template <class Number>
void append_number(std::string& content, Number number) {
  const auto ordered = to_network_order(number);
  content.append(reinterpret_cast<const char*>(&ordered), sizeof ordered);
}

template <class Number>
void overwrite_number(std::string& content, std::size_t at, Number number) {
  const auto ordered = to_network_order(number);
  std::memcpy(content.data() + at, &ordered, sizeof ordered);
}

/// Dimensions, whether there are nulls, the elements' type, the length, the first index.
constexpr std::size_t has_null_at = 4;
constexpr std::size_t length_at = 12;

}  // namespace

array_parameter::array_parameter(type elements) : elements_{elements} {
  clear();
}

void array_parameter::clear() {
  count_ = 0;
  has_null_ = false;
  content_.clear();
  append_number(content_, std::int32_t{1});
  append_number(content_, std::int32_t{0});
  append_number(content_, static_cast<std::uint32_t>(elements_));
  append_number(content_, std::int32_t{0});
  append_number(content_, std::int32_t{1});
}

template <class Number>
void array_parameter::add_number(Number number) {
  const auto ordered = to_network_order(number);
  add_bytes(&ordered, sizeof ordered);
}

template void array_parameter::add_number(std::int16_t);
template void array_parameter::add_number(std::int32_t);
template void array_parameter::add_number(std::int64_t);

void array_parameter::add(const domain::uuid& id) {
  add_bytes(id.bytes.data(), id.bytes.size());
}

void array_parameter::add(std::string_view value) {
  add_bytes(value.data(), value.size());
}

void array_parameter::add_null() {
  append_number(content_, std::int32_t{-1});
  has_null_ = true;
  ++count_;
}

void array_parameter::add_bytes(const void* bytes, std::size_t size) {
  append_number(content_, static_cast<std::int32_t>(size));
  content_.append(static_cast<const char*>(bytes), size);
  ++count_;
}

const std::string& array_parameter::finish() {
  overwrite_number(content_, has_null_at, std::int32_t{has_null_ ? 1 : 0});
  overwrite_number(content_, length_at, count_);
  return content_;
}

std::string_view answer_rows::text(std::size_t row, int column) const {
  const auto index = static_cast<int>(row);
  return {PQgetvalue(answer_.get(), index, column),
          static_cast<std::size_t>(PQgetlength(answer_.get(), index, column))};
}

std::int64_t answer_rows::number(std::size_t row, int column) const {
  const auto digits = text(row, column);
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

domain::uuid answer_rows::id(std::size_t row, int column) const {
  const auto id = domain::parse_uuid(text(row, column));
  if (!id)
    throw sql::unreadable_row("an id is no UUID");
  return *id;
}

native_statement::native_statement(const sql::open_session& open, const std::string& sql)
    : connection_{native(open.session)} {
  static std::atomic<std::uint64_t> count{0};
  name_ = fmt::format("talaria_{}", count.fetch_add(1, std::memory_order_relaxed));
  auto* const answer = PQprepare(connection_, name_.c_str(), sql.c_str(), 0, nullptr);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> answered{answer, &PQclear};
  if (PQresultStatus(answer) != PGRES_COMMAND_OK)
    throw_failure(connection_, answer);
}

native_statement::~native_statement() {
  if (PQstatus(connection_) == CONNECTION_OK)
    PQclear(PQexec(connection_, fmt::format("deallocate {}", name_).c_str()));
}

answer_rows native_statement::operator()(std::span<const std::string_view> parameters) {
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const auto parameter : parameters) {
    values.push_back(parameter.data());
    lengths.push_back(static_cast<int>(parameter.size()));
  }
  const std::vector<int> binary(parameters.size(), 1);
  constexpr int text_rows = 0;
  auto* const answer =
      PQexecPrepared(connection_, name_.c_str(), static_cast<int>(parameters.size()), values.data(),
                     lengths.data(), binary.data(), text_rows);
  answer_rows rows{answer};
  const auto status = PQresultStatus(answer);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw_failure(connection_, answer);
  return rows;
}

std::string to_parameter(std::int64_t number) {
  std::string content;
  append_number(content, number);
  return content;
}

}  // namespace talaria::persistence::postgres
