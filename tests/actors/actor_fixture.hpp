#pragma once

#include "actors/environment.hpp"
#include "actors/local_gateway.hpp"
#include "persistence/store.hpp"
#include "posix/temporary_directory.hpp"
#include "supervision/supervisor.hpp"
#include "tests/actors/interruptible_store.hpp"
#include "tests/cluster/membership_model.hpp"
#include "tests/support/simulated_system.hpp"

#include <caf/all.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace talaria::test {

/// A request that the actors sent and that the test has not answered yet.
struct sent_request {
  delivery::outbound_request request;
  delivery::engine::completion done;

  void answer(std::uint16_t status) const {
    done({.status_code = status,
          .error = domain::attempt_error::none,
          .body = {},
          .retry_after = {},
          .duration = {}});
  }
  void fail(domain::attempt_error error) const {
    done({.status_code = 0, .error = error, .body = {}, .retry_after = {}, .duration = {}});
  }
  std::string header(const std::string& name) const;
};

/// The whole tree of actors on simulated time, with a real store in a file and a receiver played by
/// the test.
class actor_fixture {
public:
  /// @param faults Null: none can be injected.
  /// @param shared Not null: this is one node of several, which is yet to claim its shards.
  explicit actor_fixture(const std::function<void(actors::settings&)>& adjust = {},
                         supervision::fault_injector* faults = nullptr,
                         cluster::test::membership_tables* shared = nullptr);
  ~actor_fixture();

  domain::subscription subscribe(const std::function<void(domain::subscription&)>& adjust = {});
  domain::subscription change(domain::subscription subscription);

  struct submitted {
    std::optional<domain::ec> error;
    std::vector<persistence::appended_event> events;
    bool answered = false;
  };
  std::shared_ptr<submitted> submit(std::size_t events = 1,
                                    const std::function<void(actors::event_draft&)>& adjust = {});

  /// Commits an event as another node might, whose clock is behind, without telling anybody.
  domain::event_id commit_unannounced(const domain::subscription& subscription,
                                      std::chrono::seconds behind = {});

  void answer_all(std::uint16_t status);
  std::vector<std::string> ids_sent() const;
  persistence::delivery_row delivery(const domain::delivery_id& id);
  std::size_t awake_subscriptions() const;

  posix::temporary_directory directory;
  std::unique_ptr<interruptible_store> store;
  supervision::directory actors;
  prometheus::Registry registry;
  talaria::actors::metrics metrics{registry};
  /// While positive, drawing a random number throws: what draws it fails.
  int crashes_to_come = 0;
  /// How often all requests were to be ended.
  int aborts = 0;
  /// Why this process was to end.
  std::string failure;
  /// What the other nodes were told, by incarnation; by none if all were.
  std::vector<std::pair<std::string, cluster::peer_message>> told;
  /// Calls to the shared tables fail.
  bool is_cut_off = false;
  std::uint64_t random_state = 1;
  std::vector<std::string> all_ids;
  std::deque<sent_request> requests;
  talaria::actors::environment env;
  talaria::actors::admission admission{100};
  talaria::actors::local_gateway gateway{env, admission};
  /// Its actors use all of the above.
  simulated_system simulated;
  domain::organization organization;
  domain::application application;
  caf::actor root;

private:
  class told_peers;

  void join(cluster::test::membership_tables& shared);

  std::unique_ptr<actors::peers> peers_;
};

}  // namespace talaria::test
