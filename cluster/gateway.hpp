#pragma once

#include "cluster/envelope.hpp"
#include "cluster/link_options.hpp"
#include "cluster/link_table.hpp"
#include "cluster/links.hpp"
#include "cluster/tcp_probe.hpp"
#include "domain/error.hpp"
#include "supervision/actor_card.hpp"
#include "supervision/address.hpp"
#include "supervision/observed.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <array>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace talaria::cluster {

struct link_tick_due {};
struct acknowledge_due {};
/// Listen for others; the promise is kept with the port, or the reason there is none.
struct open_port {
  std::shared_ptr<std::promise<domain::result<std::uint16_t>>> opened;
};
/// A peer's address accepts connections, or none does.
struct peer_probed {
  cluster::peer probed;
  domain::result<std::string> address;
};
/// Close the port, and end.
struct close_port {};

// clang-format off

using gateway_actor = caf::typed_actor<
  /// What the gateway of another node sent.
  caf::reacts_to<envelope>,
  /// INTERNAL: dials who is to be dialed, and gives up what has taken too long.
  caf::reacts_to<link_tick_due>,
  /// INTERNAL: what was handled by now is acknowledged together.
  caf::reacts_to<acknowledge_due>,
  /// Begins to listen.
  caf::reacts_to<open_port>,
  /// Connects to a peer that can be reached.
  caf::reacts_to<peer_probed>,
  /// Listens no more, and ends.
  caf::reacts_to<close_port>>;

// clang-format on

/// What the gateway and those who call `links` share.
struct shared_links {
  shared_links(link_options given, link_handlers called, link_settings settings,
               const supervision::observer* watching)
      : options(std::move(given)),
        handlers(std::move(called)),
        observer(watching),
        table(std::move(settings)) {}

  const link_options options;
  const link_handlers handlers;
  /// Null: nobody watches the gateway.
  const supervision::observer* const observer;

  std::mutex mutex;
  /// With the mutex held; also when it sends, so that what it sends stays in order.
  link_table table;

  /// Of its incarnation of now; empty when the links have ended.
  supervision::address<gateway_actor> gateway;
  /// Where the first incarnation listened, and so must those after it; 0: nowhere yet.
  std::atomic<std::uint16_t> port{0};
  std::optional<tcp_probe> probe{std::chrono::seconds{1}};

  /// Calls the table, then tells those whose questions have ended by that.
  template <class Work>
  auto with_table(Work&& work);
};

struct gateway_state {
  static inline const char* name = gateway_name;

  std::shared_ptr<shared_links> shared;
  /// May be null.
  std::shared_ptr<supervision::actor_card> card;
  bool acknowledge_is_due = false;
  /// As they were shown in the log.
  std::map<std::string, link_state> shown;
};

/// The one actor of a node that others know.
///
/// It takes what they send and calls the handlers, one at a time: what they do holds up all links.
/// A handler's exception is logged, and its message is done. When the gateway dies all links are
/// lost, at both ends, and open questions fail; its next incarnation listens at the same port, and
/// the nodes greet each other anew. Until then hints are dropped, which the sweeps make good.
///
/// @param card May be null: then it is not observed.
gateway_actor::behavior_type gateway(
    supervision::observed_pointer<gateway_actor, gateway_state> self,
    std::shared_ptr<shared_links> shared, std::shared_ptr<supervision::actor_card> card);

template <class Work>
auto shared_links::with_table(Work&& work) {
  std::vector<open_questions::ended> ended;
  const auto call = [&] {
    const std::lock_guard lock{mutex};
    struct collect {
      link_table& from;
      std::vector<open_questions::ended>& into;
      ~collect() { into = from.take_ended(); }
    } const after{table, ended};
    return work(table);
  };
  const auto tell = [&] {
    for (auto& one : ended)
      one.tell();
  };
  if constexpr (std::is_void_v<decltype(work(table))>) {
    call();
    tell();
  } else {
    auto returned = call();
    tell();
    return returned;
  }
}

}  // namespace talaria::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::cluster::link_tick_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::cluster::acknowledge_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::cluster::open_port)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::cluster::peer_probed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::cluster::close_port)
