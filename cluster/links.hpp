#pragma once

#include "cluster/link_options.hpp"
#include "cluster/link_table.hpp"
#include "cluster/peer_message.hpp"
#include "domain/error.hpp"
#include "domain/time.hpp"
#include "supervision/actor_card.hpp"

#include <caf/fwd.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::supervision {
struct observer;
}  // namespace talaria::supervision

namespace talaria::cluster {

struct shared_links;

/// The gateway's kind, and its name among its siblings.
inline constexpr const char* gateway_name = "cluster_gateway";
/// Of all links together; the bytes and messages are those that peers have not acknowledged.
inline constexpr std::array<supervision::gauge, 7> gateway_gauges{
    "links",          "up",       "unacknowledged_messages", "unacknowledged_bytes", "dropped",
    "strange_frames", "questions"};

/// How the gateway is watched from its beginning.
struct gateway_watch {
  /// With `gateway_gauges`; null: it is not.
  std::shared_ptr<supervision::actor_card> card;
  /// Must outlive the links; not null with a card.
  const supervision::observer* observer = nullptr;
};

/// What another node asks.
struct incoming_question {
  /// The asker's incarnation.
  std::string from;
  std::string text;
  /// Answers it: to be called once, on any thread, also after the links have ended. Never blocks.
  /// The status is as in HTTP; a body over `limits::answer_bytes_max` becomes a status 500.
  std::function<void(std::uint16_t status, std::string body)> respond;
};

/// Called on the gateway's thread, one at a time: they hold up all links of the node. Both must be
/// set; neither is called before `links::start` has been, or after `links::stop` has returned.
struct link_handlers {
  /// Any message but questions and answers, and the incarnation of who sent it.
  std::function<void(const std::string& from, peer_message message)> on_message;
  std::function<void(incoming_question question)> on_question;
};

/// This node's links to the others of the cluster.
///
/// They carry hints and questions, of which any may be lost: what matters is in the database, which
/// also says who is a node (`set_peers`). A link makes itself, and again when it breaks; before
/// anything of a peer is honoured, both have proven that they know the secret (hello.hpp). What a
/// peer has not acknowledged is bounded (credit_window.hpp); what is sent beyond that is dropped.
///
///     links::check(options)              before anything is started
///     links::prepare(config, options)    before the actor system is
///     links::start(system, options, …)   listens
///     start_gateway                      has a supervisor keep the gateway (gateway.hpp) alive
///     set_peers, send, broadcast, ask    until
///     stop                               before the actor system is destroyed
///
/// Thread-safe; only `start` and `stop` block.
class links {
public:
  using options = link_options;

  static domain::result<void> check(const options& wanted) { return cluster::check(wanted); }
  static void prepare(caf::actor_system_config& config, const options& wanted) {
    cluster::prepare(config, wanted);
  }

  /// Listens; for ten seconds at most it waits for that.
  /// @param system was made with what `prepare` prepared, and must outlive the links.
  /// @pre `check` has nothing against the options.
  /// @returns `ec::invalid_value`, with `cluster.listen` as field, if it cannot listen there.
  static domain::result<std::unique_ptr<links>> start(caf::actor_system& system, options wanted,
                                                      link_handlers handlers,
                                                      gateway_watch watch = {});

  links(const links&) = delete;
  links& operator=(const links&) = delete;
  /// As `stop`.
  ~links();

  /// Where others reach this node, for them to be told.
  const std::string& host() const { return host_; }
  std::uint16_t port() const { return port_; }

  /// The gateway, as its supervisor starts it. The first one was made by `start`, since others are
  /// told where this node listens before it is one of them: a supervisor takes that one over, and
  /// has those after it made. To be called by the supervisor alone, and no more once `stop` was.
  /// @param card The one that `start` was given.
  caf::actor start_gateway(caf::scheduled_actor& supervisor,
                           std::shared_ptr<supervision::actor_card> card);

  /// All nodes of the cluster, or all others: makes links to those that are new, and forgets those
  /// that are not named. Messages of those that are not named are not taken.
  void set_peers(std::vector<peer> peers);

  /// @returns whether it was sent, which is not to say that it arrives: false if the link is not
  /// up, its window is full, or the message is over a limit.
  bool send(std::string_view incarnation, const peer_message& message);

  /// Sends to all whose links are up.
  void broadcast(const peer_message& message);

  /// @param handler is called once, with the answer or the reason there is none: within this call
  /// if the question cannot be sent, or else on the gateway's thread, or by `stop`. Must neither
  /// block nor throw.
  void ask(std::string_view incarnation, std::string text, std::chrono::milliseconds timeout,
           answer_handler handler);

  /// A link for those who look.
  struct shown_link {
    link_status link;
    /// When it entered its state.
    domain::timestamp since;
  };
  /// Of every peer, by incarnation.
  std::vector<shown_link> status() const;
  /// Frames that came from strangers, were damaged, or belonged to sessions that had ended.
  std::uint64_t strange_frames() const;

  /// Closes the port and ends all links; open questions fail. Waits for a handler that is being
  /// called, so it must not be called by one; a supervisor of the gateway must have ended before.
  /// The second time, does nothing; not thread-safe.
  void stop();

private:
  explicit links(std::shared_ptr<shared_links> shared) : shared_(std::move(shared)) {}

  const std::shared_ptr<shared_links> shared_;
  std::string host_;
  std::uint16_t port_ = 0;
  bool is_taken_over_ = false;
  bool is_stopped_ = false;
};

}  // namespace talaria::cluster
