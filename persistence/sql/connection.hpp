#pragma once

#include "domain/error.hpp"
#include "persistence/interruption.hpp"
#include "persistence/sql/dialect.hpp"

#include <soci/soci.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <typeindex>
#include <unordered_map>
#include <utility>

namespace talaria::persistence::sql {

/// A stored row that this version cannot make sense of.
class unreadable_row : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

inline domain::result<void> interrupt(const store_interruption& interruption, store_moment moment) {
  return interruption ? interruption(moment) : domain::result<void>{};
}

/// What statements are prepared on.
struct open_session {
  soci::session& session;
  const dialect& speaks;
};

/// What a failure means for the connection that it happened on, and for the caller.
struct diagnosis {
  /// Names no bound value.
  domain::error error;
  /// The session is as good as before once the transaction is rolled back.
  bool connection_usable = false;
  /// Nothing but other transactions stood in the way: the same work may succeed at once.
  bool worth_repeating = false;
};

/// Opens connections of one kind, and looks after them. Thread-safe; outlives its connections.
class connector {
public:
  virtual ~connector() = default;

  virtual const dialect& speaks() const = 0;

  /// @returns why no transaction can begin now, without trying.
  virtual domain::result<void> admit() { return {}; }
  /// @throws soci::soci_error
  virtual std::unique_ptr<soci::session> open() = 0;
  /// Around every use of a session, so that one that hangs can be ended.
  virtual void enter(soci::session& /*session*/) noexcept {}
  virtual void leave(soci::session& /*session*/) noexcept {}
  /// @param session Absent: it could not be opened.
  virtual diagnosis diagnose(const soci::soci_error& failure, soci::session* session) = 0;
};

/// A connection to the database, opened when first used and again after it was lost, with the
/// statements that are prepared on it.
///
/// Not thread-safe, but may move between threads.
class connection {
public:
  /// @param setup A statement that is run on each session when it is open; empty: none.
  explicit connection(connector& connector, std::string setup = {})
      : connector_{connector}, setup_{std::move(setup)} {}
  ~connection() { close(); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// @throws soci::soci_error
  soci::session& session();

  /// A set of prepared statements, constructible from an open session.
  /// @throws soci::soci_error
  template <class Statements>
  Statements& prepared() {
    auto& opened = session();
    auto& known = prepared_[typeid(Statements)];
    if (!known)
      known = std::make_shared<Statements>(open_session{opened, connector_.speaks()});
    return *static_cast<Statements*>(known.get());
  }

  /// Rolls back, and closes the session unless it is as good as before.
  diagnosis recover(const soci::soci_error& failure) noexcept;
  /// Rolls back what is not committed. The next use opens it anew.
  void close() noexcept;

  /// While it lives the connection is in use.
  class use {
  public:
    explicit use(connection& used) : used_{used} { used_.connector_.enter(used_.session()); }
    ~use() {
      if (used_.session_)
        used_.connector_.leave(*used_.session_);
    }
    use(const use&) = delete;
    use& operator=(const use&) = delete;

  private:
    connection& used_;
  };

  domain::result<void> admit() { return connector_.admit(); }

private:
  connector& connector_;
  const std::string setup_;
  std::unique_ptr<soci::session> session_;
  // Statements must go before their session does: SOCI leaks them otherwise.
  std::unordered_map<std::type_index, std::shared_ptr<void>> prepared_;
};

/// How often work is done before a conflict with other transactions is reported.
inline constexpr int transaction_tries = 4;

/// Runs `work(statements)` in a transaction, which is committed if it returns a value and rolled
/// back if it returns an error or throws. Work that met another transaction, or whose connection
/// was lost before it was to be committed, is done again.
///
/// @param begin Starts the transaction. Null: each statement is one, and is not repeated if it is
/// unknown whether it was committed.
template <class Statements, class Work>
auto in_transaction(connection& connection, const char* begin, Work&& work)
    -> std::invoke_result_t<Work&, Statements&> {
  if (auto admitted = connection.admit(); !admitted)
    return tl::unexpected(admitted.error());
  for (int tried = 1;; ++tried) {
    bool may_be_committed = begin == nullptr;
    try {
      const connection::use use{connection};
      auto& session = connection.session();
      if (begin != nullptr)
        session << begin;
      auto outcome = work(connection.template prepared<Statements>());
      if (begin != nullptr && !outcome)
        session.rollback();
      if (begin != nullptr && outcome) {
        may_be_committed = true;
        session.commit();
      }
      return outcome;
    } catch (const soci::soci_error& failure) {
      auto found = connection.recover(failure);
      const bool is_unknown = may_be_committed && !found.connection_usable;
      if (!found.worth_repeating || is_unknown || tried == transaction_tries)
        return tl::unexpected(std::move(found.error));
    } catch (const unreadable_row& failure) {
      connection.close();
      return domain::fail(domain::ec::store_unavailable, failure.what());
    } catch (...) {
      connection.close();
      throw;
    }
  }
}

}  // namespace talaria::persistence::sql
