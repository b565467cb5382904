#pragma once

#include "domain/error.hpp"

#include <soci/soci.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <typeindex>
#include <unordered_map>

namespace talaria::persistence::sqlite {

struct settings {
  std::string file;
  /// A bound of the file's size, in pages of 4 KiB; past it writes answer `ec::store_full`, as they
  /// do on a full disk.
  std::optional<std::int64_t> pages_max;
};

/// How long a statement waits for a writer of another process.
inline constexpr std::chrono::milliseconds busy_timeout{5000};

/// A stored row that this version cannot make sense of.
class unreadable_row : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// What the caller of the store is told about a failure of SQLite. Names no bound value.
domain::error describe(const soci::soci_error& failure);

/// A connection to the database file, opened when first used and again after each failure, with the
/// statements that are prepared on it.
///
/// Not thread-safe, but may move between threads.
class connection {
public:
  explicit connection(const settings& settings, std::chrono::milliseconds timeout = busy_timeout)
      : settings_{settings}, busy_timeout_{timeout} {}
  ~connection() { close(); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// @throws soci::soci_error
  soci::session& session();

  /// A set of prepared statements, constructible from a session.
  /// @throws soci::soci_error
  template <class Statements>
  Statements& prepared() {
    auto& session = this->session();
    auto& known = prepared_[typeid(Statements)];
    if (!known)
      known = std::make_shared<Statements>(session);
    return *static_cast<Statements*>(known.get());
  }

  /// Rolls back what is not committed. The next use opens it anew.
  void close() noexcept;

private:
  const settings& settings_;
  const std::chrono::milliseconds busy_timeout_;
  std::unique_ptr<soci::session> session_;
  // Statements must go before their session does: SOCI leaks them otherwise.
  std::unordered_map<std::type_index, std::shared_ptr<void>> prepared_;
};

/// Runs `work(statements)` in a transaction, which is committed if it returns a value and rolled
/// back if it returns an error or throws.
///
/// @param begin `begin` to read one state of the database; `begin immediate` to write, since a
/// transaction that starts to write after it has read fails at once where another one writes.
template <class Statements, class Work>
auto in_transaction(connection& connection, const char* begin, Work&& work)
    -> std::invoke_result_t<Work&, Statements&> {
  try {
    auto& session = connection.session();
    session << begin;
    auto outcome = work(connection.prepared<Statements>());
    if (outcome)
      session.commit();
    else
      session.rollback();
    return outcome;
  } catch (const soci::soci_error& failure) {
    connection.close();
    return tl::unexpected(describe(failure));
  } catch (const unreadable_row& failure) {
    connection.close();
    return domain::fail(domain::ec::store_unavailable, failure.what());
  } catch (...) {
    connection.close();
    throw;
  }
}

}  // namespace talaria::persistence::sqlite
