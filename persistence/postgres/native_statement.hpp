#pragma once

#include "domain/id.hpp"
#include "domain/time.hpp"
#include "persistence/sql/connection.hpp"

#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Statements that take whole arrays, in the binary form of PostgreSQL's `array_send`: one row each
/// for a batch of any size, without a literal to be escaped and parsed again.
namespace talaria::persistence::postgres {

/// An array parameter. Values are appended one by one; its length is the number of them.
class array_parameter {
public:
  /// Types of elements, by the numbers in PostgreSQL's catalogue (`pg_type.dat`).
  enum class type : std::uint32_t {
    bytes = 17,
    int8 = 20,
    int2 = 21,
    int4 = 23,
    text = 25,
    uuid = 2950,
  };

  explicit array_parameter(type elements);

  void add(std::int16_t number) { add_number(number); }
  void add(std::int32_t number) { add_number(number); }
  void add(std::int64_t number) { add_number(number); }
  void add(domain::timestamp time) { add_number(std::int64_t{time.time_since_epoch().count()}); }
  void add(const domain::uuid& id);
  /// Text, which must be UTF-8 without NUL, or bytes.
  void add(std::string_view value);
  void add_null();

  std::size_t size() const { return count_; }
  /// The whole parameter; nothing may be added afterwards.
  const std::string& finish();
  void clear();

private:
  template <class Number>
  void add_number(Number number);
  void add_bytes(const void* bytes, std::size_t size);

  type elements_;
  std::uint32_t count_ = 0;
  bool has_null_ = false;
  std::string content_;
};

/// The rows of an answer, in text form.
class answer_rows {
public:
  explicit answer_rows(PGresult* answer) : answer_{answer, &PQclear} {}

  std::size_t size() const { return static_cast<std::size_t>(PQntuples(answer_.get())); }
  std::string_view text(std::size_t row, int column) const;
  std::int64_t number(std::size_t row, int column) const;
  domain::uuid id(std::size_t row, int column) const;

private:
  std::unique_ptr<PGresult, void (*)(PGresult*)> answer_;
};

/// A statement prepared on a session's own connection. Must not outlive the session.
class native_statement {
public:
  /// @throws soci::soci_error
  native_statement(const sql::open_session& open, const std::string& sql);
  native_statement(const native_statement&) = delete;
  native_statement& operator=(const native_statement&) = delete;
  ~native_statement();

  /// @param parameters In binary form, `$1` first.
  /// @throws soci::soci_error that names no value
  answer_rows operator()(std::span<const std::string_view> parameters);

private:
  PGconn* connection_;
  std::string name_;
};

/// A single number as a binary parameter of type bigint.
std::string to_parameter(std::int64_t number);

}  // namespace talaria::persistence::postgres
