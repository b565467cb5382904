#pragma once

#include "actors/environment.hpp"
#include "actors/peers.hpp"
#include "cluster/links.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace talaria::app {

/// This node's side of the conversation with the others: what its actors tell them, and what they
/// tell its actors.
class cluster_links : public actors::peers {
public:
  /// Answers a question of another node about this one's actors.
  using question_handler = std::function<void(cluster::incoming_question)>;

  /// @param env Must outlive it.
  cluster_links(actors::environment& env, question_handler answer)
      : env_{env}, answer_{std::move(answer)} {}

  /// Its gateway has the card of a child of the root.
  /// @returns as `cluster::links::start`
  domain::result<void> start(caf::actor_system& system, const cluster::link_options& options);
  /// No handler is called afterwards. Idempotent.
  void stop();

  /// As `cluster::links::start_gateway`.
  caf::actor start_gateway(caf::scheduled_actor& supervisor,
                           std::shared_ptr<supervision::actor_card> card);

  /// `host:port` where others reach it.
  std::string address() const;
  std::vector<cluster::links::shown_link> status() const;

  void know(std::span<const persistence::node_row> nodes) override;
  void tell(std::string_view incarnation, const cluster::peer_message& message) override;
  void tell_all(const cluster::peer_message& message) override;

  void ask(std::string_view incarnation, std::string text, std::chrono::milliseconds timeout,
           cluster::answer_handler handler);

private:
  void take(const std::string& from, cluster::peer_message message);

  actors::environment& env_;
  const question_handler answer_;
  /// From `start` on.
  std::unique_ptr<cluster::links> links_;
};

}  // namespace talaria::app
