#pragma once

#include "chaos/postgresql.hpp"
#include "chaos/relay.hpp"
#include "chaos/run_clock.hpp"
#include "chaos/server_keeper.hpp"
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace talaria::chaos {

/// The nodes of a run, and what stands between each of them, its database and the other nodes.
///
/// Those that were there at the start stay for all of the run, and are called by their numbers,
/// from 0; a guest may come and go. Thread-safe.
class fleet {
public:
  struct options {
    std::filesystem::path binary;
    std::filesystem::path directory;
    /// As Talaria takes it, if there is no database server.
    std::string file_url;
    /// May be null; must outlive the fleet.
    const postgresql* server = nullptr;
    /// Nodes reach the database server by relays of their own.
    bool relays_store = false;
    /// Of `talaria serve`.
    std::map<std::string, std::string> settings;
    std::size_t nodes = 1;
  };

  /// Returns when all nodes serve; one follows the other.
  ///
  /// @param first_serves Called when the first one does, and the others have not been started.
  /// @throws std::runtime_error if one does not start.
  fleet(options options, const run_clock& clock, const std::function<void()>& first_serves = {});
  fleet(const fleet&) = delete;
  fleet& operator=(const fleet&) = delete;
  ~fleet();

  std::size_t size() const { return options_.nodes; }
  server_keeper& at(std::size_t node) const { return *places_.at(node)->keeper; }
  const std::string& key() const { return at(0).key(); }

  /// Of all that are there, the guest last.
  std::vector<std::string> urls() const;
  /// Of one that serves, if there is one.
  std::string url() const;

  /// @returns whether all of them do in time.
  bool wait_until_serving(std::chrono::milliseconds patience) const;

  /// What the database server says, to all nodes.
  void delay_store(std::chrono::milliseconds by);
  /// Between a node and the database server.
  void impair_store(std::size_t node, impairment how);
  /// Between a node and those that dial it.
  void impair_links(std::size_t node, impairment how);
  /// Between two nodes, whichever of them dials. `hold_to_server` holds what `other` says.
  void impair_link(std::size_t node, std::size_t other, impairment how);

  /// As `server_keeper` has it; from then on the links of the node end at the successor.
  void take_over(std::size_t node);

  /// A further node, until `end_guest`. @throws std::runtime_error if it does not start.
  void begin_guest();
  /// It leaves in good order. Nothing if there is none.
  void end_guest();

  /// Asks all of them to end, one after the other, and keeps them no longer.
  void stop();

  // Of all of them, and of guests that have gone.
  std::uint64_t ends() const;
  std::vector<takeover> takeovers() const;
  std::vector<process_end> process_ends() const;
  std::vector<std::string> problems() const;

private:
  struct place {
    /// One to each server of the database.
    std::vector<std::unique_ptr<relay>> store;
    std::unique_ptr<relay> links;
    std::unique_ptr<server_keeper> keeper;
  };

  std::unique_ptr<place> make(const std::string& name) const;
  /// Which of the nodes has a connection from this port, if one of them has.
  std::optional<std::size_t> node_at(std::uint16_t port) const;
  std::string store_url(place& made) const;
  std::map<std::string, std::string> settings_of(place& made) const;
  template <class T, class Get>
  std::vector<T> gather(const Get& get) const;

  const options options_;
  const run_clock& clock_;
  std::vector<std::unique_ptr<place>> places_;
  mutable std::mutex mutex_;
  std::unique_ptr<place> guest_;
  /// What they did is still to be told.
  std::vector<std::unique_ptr<place>> gone_;
  std::vector<std::string> problems_;
};

}  // namespace talaria::chaos
