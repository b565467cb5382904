#include "cluster/gateway.hpp"

#include "supervision/failure.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <exception>
#include <random>
#include <set>
#include <utility>

namespace talaria::cluster {

namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

using self_pointer = supervision::observed_pointer<gateway_actor, gateway_state>;

constexpr auto tick = 100ms;
/// Of CAF's own actors, which do one thing after the other.
constexpr auto middleman_timeout = 5s;
constexpr auto close_timeout = 2s;

/// CAF does not always get ports above.
constexpr std::uint16_t any_port_min = 16'384;
constexpr std::uint16_t any_port_max = 32'767;
constexpr int any_port_attempts = 64;

std::string key_of(const caf::actor_addr& address) {
  return caf::to_string(address);
}

/// To the gateway of another node, in the name of ours, by which it knows where to answer.
class actor_line final : public line {
public:
  actor_line(caf::actor from, caf::actor to)
      : from_(std::move(from)), to_(std::move(to)), key_(key_of(to_.address())) {}

  void send(std::uint16_t protocol, std::string bytes) override {
    caf::send_as(from_, to_, envelope{.protocol = protocol, .bytes = std::move(bytes)});
  }

  const std::string& key() const override { return key_; }

private:
  const caf::actor from_;
  const caf::actor to_;
  const std::string key_;
};

/// CAF's actor that connects and listens.
caf::io::middleman_actor connector(self_pointer self) {
  auto& system = self->system();
  return self->state.shared->options.tls.is_given() ? system.openssl_manager().actor_handle()
                                                    : system.middleman().actor_handle();
}

line_pointer line_to(self_pointer self, const caf::strong_actor_ptr& gateway) {
  const auto to = caf::actor_cast<caf::actor>(gateway);
  // It may be monitored from an earlier hello, and one notice is enough.
  self->demonitor(to.address());
  self->monitor(to);
  return std::make_shared<actor_line>(caf::actor_cast<caf::actor>(self), to);
}

// ------------------------------------------------------------------------------------ listening

/// Has CAF lead those who connect to the port to this actor. One of the two is called, later.
template <class Opened, class Refused>
void listen_at(self_pointer self, std::uint16_t port, Opened opened, Refused refused) {
  self->request(connector(self), middleman_timeout, caf::publish_atom::value, port,
                caf::actor_cast<caf::strong_actor_ptr>(self), std::set<std::string>{},
                self->state.shared->options.listen_host, true)
      .then(opened, refused);
}

/// Also if it is not open.
template <class Closed>
void close_at(self_pointer self, std::uint16_t port, Closed closed) {
  self->request(connector(self), close_timeout, caf::close_atom::value, port)
      .then([closed] { closed(); }, [closed](const caf::error&) { closed(); });
}

void open_any(self_pointer self, const open_port& wanted, int attempts_left) {
  static thread_local std::mt19937 random{std::random_device{}()};
  const auto& options = self->state.shared->options;
  const bool any = options.listen_port == 0;
  const std::uint16_t port =
      any ? std::uniform_int_distribution<std::uint16_t>{any_port_min, any_port_max}(random)
          : options.listen_port;
  listen_at(
      self, port,
      [self, wanted](std::uint16_t opened) {
        self->state.shared->port = opened;
        wanted.opened->set_value(opened);
      },
      [self, wanted, any, attempts_left](const caf::error&) {
        if (any && attempts_left > 0)
          return open_any(self, wanted, attempts_left - 1);
        const auto& refused = self->state.shared->options;
        wanted.opened->set_value(
            domain::fail(domain::ec::invalid_value,
                         fmt::format("cluster.listen: {} port {} cannot be listened at",
                                     refused.listen_host, refused.listen_port),
                         "cluster.listen"));
      });
}

/// CAF leads whoever connects to the former incarnation until its port is closed. What keeps it
/// from being opened again may pass, so it is a failure like others.
void open_again(self_pointer self, std::uint16_t port) {
  close_at(self, port, [self, port] {
    listen_at(
        self, port, [](std::uint16_t) {},
        [self, port](const caf::error&) {
          self->quit(caf::make_error(caf::sec::runtime_error,
                                     fmt::format("port {} cannot be listened at again", port)));
        });
  });
}

void close(self_pointer self, const caf::error& reason) {
  const std::uint16_t port = self->state.shared->port;
  if (port == 0)
    return self->quit(reason);
  close_at(self, port, [self, reason] { self->quit(reason); });
}

// -------------------------------------------------------------------------------------- dialing

void begin_dials(self_pointer self) {
  auto& shared = *self->state.shared;
  const auto dials =
      shared.with_table([](link_table& table) { return table.begin_dials(steady_clock::now()); });
  for (const auto& dialed : dials) {
    shared.probe->begin(dialed.host, dialed.port,
                        [dialed, to = shared.gateway](domain::result<std::string> address) {
                          if (const auto gateway = to.get())
                            caf::anon_send(gateway, peer_probed{dialed, std::move(address)});
                        });
  }
}

void dial_failed(self_pointer self, const std::string& incarnation, const std::string& error) {
  self->state.shared->with_table(
      [&](link_table& table) { table.dial_failed(incarnation, error, steady_clock::now()); });
}

void connect(self_pointer self, const peer_probed& found) {
  const auto& incarnation = found.probed.incarnation;
  if (!found.address)
    return dial_failed(self, incarnation, found.address.error().detail);
  self->request(connector(self), middleman_timeout, caf::connect_atom::value, *found.address,
                found.probed.port)
      .then(
          [self, incarnation](const caf::node_id& node, const caf::strong_actor_ptr& gateway,
                              const std::set<std::string>&) {
            if (node == self->node())
              return dial_failed(self, incarnation,
                                 "CAF takes the peer for this node: both have the same network "
                                 "hardware address and process id");
            if (!gateway)
              return dial_failed(self, incarnation, "the peer listens for something else");
            self->state.shared->with_table([&](link_table& table) {
              table.dial_connected(incarnation, line_to(self, gateway), steady_clock::now());
            });
          },
          [self, incarnation](const caf::error& error) {
            const auto why = self->system().render(error);
            dial_failed(self, incarnation, "no connection: " + why);
          });
}

// ------------------------------------------------------------------------------------ receiving

void respond(const std::weak_ptr<shared_links>& to, const link_table::arrived& asked,
             std::uint16_t status, std::string body) {
  const auto shared = to.lock();
  if (!shared)
    return;
  answer given{.id = std::get<question>(asked.message).id, .status = status, .body = {}};
  if (body.size() <= limits::answer_bytes_max) {
    given.body = std::move(body);
  } else {
    given.status = 500;
    given.body = "the answer is too large to be sent";
  }
  shared->with_table([&](link_table& table) {
    // A later session is of the same process, but its question was lost with the former.
    table.send(asked.incarnation, given, steady_clock::now());
  });
}

void handle(self_pointer self, const link_table::arrived& came) {
  const auto& shared = self->state.shared;
  try {
    if (const auto* asked = std::get_if<question>(&came.message))
      shared->handlers.on_question(
          {.from = came.incarnation,
           .text = asked->text,
           .respond = [came, to = std::weak_ptr{shared}](std::uint16_t status, std::string body) {
             respond(to, came, status, std::move(body));
           }});
    else
      shared->handlers.on_message(came.incarnation, came.message);
  } catch (const std::exception& failure) {
    spdlog::error("a message of another node could not be handled: {}", failure.what());
  }
}

void take(self_pointer self, const envelope& sent) {
  auto& state = self->state;
  const auto sender = self->current_sender();
  // Nobody whom we could answer.
  if (!sender)
    return;
  const auto came = state.shared->with_table([&](link_table& table) {
    return table.take(
        sent.protocol, sent.bytes, [&] { return line_to(self, sender); }, steady_clock::now());
  });
  if (came) {
    handle(self, *came);
    state.shared->with_table([&](link_table& table) { table.handled(*came); });
  }
  // Lands behind what waits already.
  if (!std::exchange(state.acknowledge_is_due, true))
    self->send(self, acknowledge_due{});
}

// ------------------------------------------------------------------------------- from time to time

void log_changes(self_pointer self, const std::vector<link_status>& links) {
  auto& state = self->state;
  std::map<std::string, link_state> seen;
  for (const auto& link : links) {
    const auto before = state.shown.find(link.incarnation);
    const auto was = before == state.shown.end() ? link_state::connecting : before->second;
    // Between two attempts nothing is new.
    const bool is_attempt =
        link.state == link_state::greeting || link.state == link_state::connecting;
    seen.emplace(link.incarnation, is_attempt ? was : link.state);
    if (is_attempt || link.state == was)
      continue;
    if (link.state == link_state::up)
      spdlog::info("linked to node {} ({})", link.name, link.incarnation);
    else
      spdlog::warn("no link to node {} ({}): {}", link.name, link.incarnation, link.last_error);
  }
  state.shown = std::move(seen);
}

/// Each link by itself is shown with its node, by the API of the cluster.
void show(self_pointer self, const std::vector<link_status>& links) {
  const auto& state = self->state;
  if (!state.card)
    return;
  link_status all;
  std::int64_t up = 0;
  for (const auto& link : links) {
    up += link.state == link_state::up ? 1 : 0;
    all.unacknowledged_messages += link.unacknowledged_messages;
    all.unacknowledged_bytes += link.unacknowledged_bytes;
    all.counts.messages_dropped += link.counts.messages_dropped;
  }
  const auto [strange_frames, questions] = state.shared->with_table([](const link_table& table) {
    return std::pair{table.strange_frames(), table.open_questions_count()};
  });
  const auto shown = std::to_array<std::uint64_t>(
      {links.size(), static_cast<std::uint64_t>(up), all.unacknowledged_messages,
       all.unacknowledged_bytes, all.counts.messages_dropped, strange_frames, questions});
  static_assert(shown.size() == gateway_gauges.size());
  for (std::size_t i = 0; i < shown.size(); ++i)
    state.card->set_gauge(i, static_cast<std::int64_t>(shown.at(i)));
}

void pass_time(self_pointer self) {
  self->state.shared->with_table([](link_table& table) { table.tick(steady_clock::now()); });
  begin_dials(self);
  const auto links =
      self->state.shared->with_table([](const link_table& table) { return table.status(); });
  log_changes(self, links);
  show(self, links);
  self->delayed_send(self, tick, link_tick_due{});
}

}  // namespace

gateway_actor::behavior_type gateway(self_pointer self, std::shared_ptr<shared_links> shared,
                                     std::shared_ptr<supervision::actor_card> card) {
  if (card)
    supervision::begin(self, card, *shared->observer);
  else
    supervision::fail_with_exception_text(self);
  self->state.shared = std::move(shared);
  self->state.card = std::move(card);
  // Whoever reaches the port can send anything.
  self->set_default_handler(caf::drop);
  self->set_exit_handler([self](const caf::exit_msg& told) { close(self, told.reason); });
  self->set_down_handler([self](const caf::down_msg& down) {
    self->state.shared->with_table([&](link_table& table) {
      table.line_lost(key_of(down.source),
                      "the connection was lost: " + self->system().render(down.reason),
                      steady_clock::now());
    });
  });
  if (const std::uint16_t port = self->state.shared->port; port != 0)
    open_again(self, port);
  self->delayed_send(self, tick, link_tick_due{});
  return {[self](const envelope& sent) { take(self, sent); },
          [self](link_tick_due) { pass_time(self); },
          [self](acknowledge_due) {
            self->state.acknowledge_is_due = false;
            self->state.shared->with_table([](link_table& table) { table.acknowledge(); });
          },
          [self](const open_port& wanted) { open_any(self, wanted, any_port_attempts); },
          [self](const peer_probed& found) { connect(self, found); },
          [self](close_port) { close(self, {}); }};
}

}  // namespace talaria::cluster
