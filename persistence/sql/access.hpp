#pragma once

#include "persistence/sql/connection.hpp"
#include "persistence/sql/note_statements.hpp"
#include "persistence/write_note.hpp"

#include <functional>
#include <optional>
#include <type_traits>

namespace talaria::persistence::sql {

/// How a session of the store reaches the database: its connections, and whose turn it is to write.
///
/// Not thread-safe, but may move between threads.
class access {
public:
  virtual ~access() = default;

  /// Reads one state of the database, as of the last commit.
  template <class Statements, class Work>
  auto read(Work&& work) {
    return in_transaction<Statements>(reader(), begin_read(), work);
  }

  /// Reads one state of the database, which may be a little behind the last commit.
  template <class Statements, class Work>
  auto read_lately(Work&& work) {
    using outcome = std::invoke_result_t<Work&, Statements&>;
    std::optional<outcome> made;
    with_late_reader([&](connection& reader) {
      made.emplace(in_transaction<Statements>(reader, begin_read(), work));
      return made->has_value() || made->error().code != domain::ec::store_unavailable;
    });
    return *std::move(made);
  }

  /// Changes rows that other writers may change at the same time.
  template <class Statements, class Work>
  auto write(Work&& work) {
    return write_on<Statements>(&access::with_writer, begin_write(), work);
  }

  /// Changes the catalogue: one at a time.
  template <class Statements, class Work>
  auto write_catalog(Work&& work) {
    return write_on<Statements>(&access::with_writer, begin_catalog_write(), work);
  }

  /// The same for a change of as many rows as there are deliveries pending, which may be a million.
  template <class Statements, class Work>
  auto write_catalog_patiently(Work&& work) {
    return write_on<Statements>(&access::with_patient_writer, begin_catalog_write(), work);
  }

  /// As `persistence::annotated` has it.
  void annotate(write_note note) { note_ = std::move(note); }

protected:
  virtual connection& reader() = 0;
  virtual void with_writer(const std::function<void(connection&)>& use) = 0;
  /// A writer whose statements may take long.
  virtual void with_patient_writer(const std::function<void(connection&)>& use) {
    with_writer(use);
  }
  /// Shows a connection to `use`, and another one if that returns false, as long as there are some.
  virtual void with_late_reader(const std::function<bool(connection&)>& use) { use(reader()); }

  virtual const char* begin_read() const = 0;
  virtual const char* begin_write() const = 0;
  virtual const char* begin_catalog_write() const = 0;

private:
  using use_of_writer = void (access::*)(const std::function<void(connection&)>&);

  template <class Statements, class Work>
  auto write_on(use_of_writer with_some_writer, const char* begin, Work& work) {
    using outcome = std::invoke_result_t<Work&, Statements&>;
    std::optional<outcome> made;
    (this->*with_some_writer)([&](connection& writer) {
      const auto noted = [&](Statements& sql) -> outcome {
        auto done = work(sql);
        if (auto written = done ? write_note_on(writer) : result<void>{}; !written)
          return tl::unexpected(std::move(written.error()));
        return done;
      };
      made.emplace(in_transaction<Statements>(writer, begin, noted));
    });
    if (made->has_value())
      note_ = {};
    return *std::move(made);
  }

  result<void> write_note_on(connection& writer) {
    if (!note_.audit && !note_.creation)
      return {};
    return writer.prepared<note_statements>().write(note_);
  }

  write_note note_;
};

}  // namespace talaria::persistence::sql
