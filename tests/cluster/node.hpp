#pragma once

#include "cluster/links.hpp"
#include "supervision/supervisor.hpp"
#include "tests/support/wait.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace talaria::test {

/// A node on loopback with an actor system of its own, as a process has one.
class node {
public:
  using options = cluster::links::options;
  using hook = std::function<void(const cluster::peer_message&)>;

  struct received {
    std::string from;
    cluster::peer_message message;
  };

  /// @param on_message called on the gateway's thread; may block
  explicit node(options wanted, hook on_message = {})
      : options_(std::move(wanted)), on_message_(std::move(on_message)), configuration_(options_) {
    cluster::link_handlers handlers;
    handlers.on_message = [this](const std::string& from, cluster::peer_message message) {
      if (on_message_)
        on_message_(message);
      const std::lock_guard lock{mutex_};
      received_.push_back({from, std::move(message)});
    };
    handlers.on_question = [this](cluster::incoming_question asked) {
      if (asked.text == "restart" && card_->command(supervision::child_command::restart))
        asked.respond(202, {});
      else if (asked.text != "silence")
        asked.respond(200, asked.text + "!");
    };
    observer_.before_message = [this](const supervision::actor_card&) {
      if (kill_at_next_message_.exchange(false))
        throw supervision::injected_kill{"killed by the test"};
    };
    auto started =
        cluster::links::start(system_, options_, std::move(handlers), {card_, &observer_});
    if (!started)
      throw std::runtime_error(started.error().detail);
    links_ = *std::move(started);
  }
  node(const node&) = delete;
  node& operator=(const node&) = delete;
  ~node() {
    if (!supervisor_)
      return;
    const auto ended = std::make_shared<std::promise<void>>();
    supervisor_->attach_functor([ended](const caf::error&) { ended->set_value(); });
    caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
    ended->get_future().wait();
  }

  /// Has its gateway kept alive, as a process does.
  void supervise(std::size_t restarts_max = 5) {
    supervision::supervisor_options wanted;
    wanted.policy.restarts_max = restarts_max;
    wanted.actors = &actors_;
    wanted.now = now;
    wanted.jitter = [] { return 0.0; };
    wanted.on_failure = [](const supervision::actor_card&, const std::string&) {};
    supervision::child_spec gateway{.name = cluster::gateway_name,
                                    .kind = cluster::gateway_name,
                                    .gauges = cluster::gateway_gauges,
                                    .start =
                                        [this](caf::scheduled_actor& supervisor,
                                               std::shared_ptr<supervision::actor_card> card) {
                                          return links_->start_gateway(supervisor, std::move(card));
                                        },
                                    .when_exhausted = supervision::exhaustion::quarantine};
    supervisor_ =
        system_.spawn(supervision::supervisor, wanted, std::vector{gateway}, nullptr, &observer_);
  }
  supervision::actor_card& card() { return *card_; }
  void kill_gateway_at_next_message() { kill_at_next_message_ = true; }

  cluster::links& links() { return *links_; }
  const std::string& incarnation() const { return options_.incarnation; }

  cluster::peer as_peer() const {
    return {options_.incarnation, options_.name, links_->host(), links_->port()};
  }

  std::vector<received> messages() const {
    const std::lock_guard lock{mutex_};
    return received_;
  }

  bool got(const cluster::peer_message& wanted) const {
    const std::lock_guard lock{mutex_};
    return std::ranges::any_of(received_,
                               [&](const received& one) { return one.message == wanted; });
  }

  /// A link to nobody, if there is none.
  cluster::link_status link_to(const std::string& incarnation) const {
    for (const auto& shown : links_->status()) {
      if (shown.link.incarnation == incarnation)
        return shown.link;
    }
    return {};
  }

  bool is_up(const std::string& incarnation) const {
    return link_to(incarnation).state == cluster::link_state::up;
  }

private:
  struct configuration : caf::actor_system_config {
    explicit configuration(const options& wanted) {
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", std::size_t{2});
      cluster::links::prepare(*this, wanted);
    }
  };

  static domain::timestamp now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }

  const options options_;
  const hook on_message_;
  supervision::directory actors_;
  const std::shared_ptr<supervision::actor_card> card_ =
      actors_.enter(std::string{"/"} + cluster::gateway_name, cluster::gateway_name, now(),
                    cluster::gateway_gauges);
  std::atomic<bool> kill_at_next_message_{false};
  supervision::observer observer_;
  mutable std::mutex mutex_;
  std::vector<received> received_;
  configuration configuration_;
  caf::actor_system system_{configuration_};
  std::unique_ptr<cluster::links> links_;
  caf::actor supervisor_;
};

/// Of a node that is quick to notice whom it has lost.
inline node::options loopback(const std::string& incarnation) {
  node::options made;
  made.name = "node " + incarnation;
  made.incarnation = incarnation;
  made.listen_host = "127.0.0.1";
  made.secret = "the secret of these tests";
  made.heartbeat = std::chrono::milliseconds{200};
  made.connection_timeout = std::chrono::seconds{2};
  return made;
}

/// Makes them know each other.
inline void introduce(const std::vector<node*>& all) {
  std::vector<cluster::peer> peers;
  for (const auto* one : all)
    peers.push_back(one->as_peer());
  for (auto* one : all)
    one->links().set_peers(peers);
}

}  // namespace talaria::test
