#include "cluster/links.hpp"

#include "cluster/gateway.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>
#include <openssl/rand.h>

#include <future>
#include <stdexcept>
#include <utility>

namespace talaria::cluster {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds open_timeout{10};

nonce random_nonce() {
  nonce made{};
  if (RAND_bytes(made.data(), static_cast<int>(made.size())) != 1)
    throw std::runtime_error("OpenSSL has no random bytes");
  return made;
}

link_settings settings_of(const link_options& options) {
  link_settings settings;
  settings.own = {.incarnation = options.incarnation, .name = options.name};
  settings.secret = options.secret;
  settings.hello_timeout = options.connection_timeout;
  settings.credit = options.credit;
  settings.make_nonce = random_nonce;
  return settings;
}

domain::timestamp wall_clock() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

void make_gateway(caf::actor_system& system, const std::shared_ptr<shared_links>& shared,
                  std::shared_ptr<supervision::actor_card> card) {
  const auto made = system.spawn(gateway, shared, std::move(card));
  // However it ends. Nobody else would notice that the links lead nowhere, or that a question has
  // waited for long enough.
  made->attach_functor([shared](const caf::error&) {
    shared->with_table([](link_table& table) {
      table.gateway_lost("this node's gateway has ended", steady_clock::now());
    });
  });
  shared->gateway.set(made);
}

}  // namespace

domain::result<std::unique_ptr<links>> links::start(caf::actor_system& system, options wanted,
                                                    link_handlers handlers, gateway_watch watch) {
  auto settings = settings_of(wanted);
  auto shared = std::make_shared<shared_links>(std::move(wanted), std::move(handlers),
                                               std::move(settings), watch.observer);
  std::unique_ptr<links> started{new links(shared)};
  started->host_ = advertised_host(shared->options);
  make_gateway(system, shared, std::move(watch.card));

  auto opened = std::make_shared<std::promise<domain::result<std::uint16_t>>>();
  auto port = opened->get_future();
  caf::anon_send(shared->gateway.get(), open_port{std::move(opened)});
  if (port.wait_for(open_timeout) != std::future_status::ready)
    return domain::fail(domain::ec::invalid_value, "cluster.listen: CAF does not listen",
                        "cluster.listen");
  const auto listens = port.get();
  if (!listens)
    return tl::unexpected(listens.error());
  const auto advertised = shared->options.advertised_port;
  started->port_ = advertised == 0 ? *listens : advertised;
  return started;
}

links::~links() {
  stop();
}

caf::actor links::start_gateway(caf::scheduled_actor& supervisor,
                                std::shared_ptr<supervision::actor_card> card) {
  if (std::exchange(is_taken_over_, true))
    make_gateway(supervisor.system(), shared_, std::move(card));
  return caf::actor_cast<caf::actor>(shared_->gateway.get());
}

void links::set_peers(std::vector<peer> peers) {
  shared_->with_table([&](link_table& table) { table.set_peers(peers, steady_clock::now()); });
}

bool links::send(std::string_view incarnation, const peer_message& message) {
  return shared_->with_table(
      [&](link_table& table) { return table.send(incarnation, message, steady_clock::now()); });
}

void links::broadcast(const peer_message& message) {
  shared_->with_table([&](link_table& table) { table.broadcast(message, steady_clock::now()); });
}

void links::ask(std::string_view incarnation, std::string text, std::chrono::milliseconds timeout,
                answer_handler handler) {
  shared_->with_table([&](link_table& table) {
    table.ask(incarnation, std::move(text), timeout, std::move(handler), steady_clock::now());
  });
}

std::vector<links::shown_link> links::status() const {
  const auto all = shared_->with_table([](const link_table& table) { return table.status(); });
  const auto now = steady_clock::now();
  const auto today = wall_clock();
  std::vector<shown_link> shown;
  shown.reserve(all.size());
  for (const auto& one : all)
    shown.push_back({one, today - std::chrono::floor<std::chrono::microseconds>(now - one.since)});
  return shown;
}

std::uint64_t links::strange_frames() const {
  return shared_->with_table([](const link_table& table) { return table.strange_frames(); });
}

void links::stop() {
  if (std::exchange(is_stopped_, true))
    return;
  shared_->with_table([](link_table& table) { table.stop(); });
  // Shared: whoever keeps the promise is still at it when the wait is over.
  const auto ended = std::make_shared<std::promise<void>>();
  const auto gateway = shared_->gateway.get();
  // At once, if it has ended already.
  gateway->attach_functor([ended](const caf::error&) { ended->set_value(); });
  caf::anon_send(gateway, close_port{});
  ended->get_future().wait();
  shared_->gateway.clear();
  shared_->probe.reset();
}

}  // namespace talaria::cluster
