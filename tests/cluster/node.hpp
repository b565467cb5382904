#pragma once

#include "cluster/links.hpp"
#include "tests/support/wait.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <functional>
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
    handlers.on_question = [](cluster::incoming_question asked) {
      if (asked.text != "silence")
        asked.respond(200, asked.text + "!");
    };
    auto started = cluster::links::start(system_, options_, std::move(handlers));
    if (!started)
      throw std::runtime_error(started.error().detail);
    links_ = *std::move(started);
  }
  node(const node&) = delete;
  node& operator=(const node&) = delete;

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

  const options options_;
  const hook on_message_;
  mutable std::mutex mutex_;
  std::vector<received> received_;
  configuration configuration_;
  caf::actor_system system_{configuration_};
  std::unique_ptr<cluster::links> links_;
};

/// Makes them know each other.
inline void introduce(const std::vector<node*>& all) {
  std::vector<cluster::peer> peers;
  for (const auto* one : all)
    peers.push_back(one->as_peer());
  for (auto* one : all)
    one->links().set_peers(peers);
}

}  // namespace talaria::test
