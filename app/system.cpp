#include "app/system.hpp"

#include "actors/environment.hpp"
#include "actors/local_gateway.hpp"
#include "actors/metrics.hpp"
#include "actors/observation.hpp"
#include "app/actor_tree.hpp"
#include "app/bootstrap.hpp"
#include "app/chaos.hpp"
#include "app/cluster_links.hpp"
#include "app/faulty_sender.hpp"
#include "app/faulty_store.hpp"
#include "app/instance_lock.hpp"
#include "app/sealed_store.hpp"
#include "delivery/engine.hpp"
#include "http/actor_questions.hpp"
#include "http/server.hpp"
#include "persistence/store.hpp"
#include "supervision/directory.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>
#include <prometheus/registry.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <optional>
#include <random>
#include <thread>

namespace talaria::app {

namespace {

using domain::result;

domain::timestamp system_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// @param chaos May be null.
std::function<domain::timestamp()> clock_of(const chaos* chaos) {
  if (chaos == nullptr)
    return system_now;
  return [chaos] { return chaos->now(); };
}

std::mt19937_64& thread_random() {
  thread_local std::mt19937_64 random{[] {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32U) | device();
  }()};
  return random;
}

double random_fraction() {
  return std::uniform_real_distribution<double>{0, 1}(thread_random());
}

std::uint64_t random_bits() {
  return thread_random()();
}

struct caf_configuration : caf::actor_system_config {
  explicit caf_configuration(const cluster::link_options& links) {
    if (!links.listen_host.empty())
      cluster::links::prepare(*this, links);
    // The default, stealing, collapses when many actors are runnable; a bounded number of messages
    // at a time keeps one busy actor from holding up the others.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-throughput", std::size_t{100});
    set("scheduler.max-threads", std::size_t{std::max(2U, std::thread::hardware_concurrency())});
  }
};

delivery::engine_options engine_options(const configuration& settings) {
  delivery::engine_options options;
  options.loops = settings.delivery_loops;
  // The dispatcher keeps the cap; after a restart it does not know of the requests that its former
  // incarnation started, which may be as many again.
  options.in_flight_max = 2 * settings.attempts_in_flight_max;
  options.connect_timeout = settings.connect_timeout;
  options.addresses.allowed = settings.allow_addresses;
  options.proxy = settings.delivery_proxy;
  options.ca_bundle = settings.delivery_ca_bundle;
  return options;
}

domain::organization_limits general_limits(const configuration& settings) {
  return {.requests_per_minute = settings.requests_per_minute,
          .events_per_second = settings.events_per_second,
          .subscriptions_max = settings.subscriptions_max,
          .pending_deliveries_max = settings.pending_deliveries_max};
}

http::server_options server_options(const configuration& settings, std::string cursor_key) {
  http::server_options options;
  options.transport.address = settings.http_host;
  options.transport.port = settings.http_port;
  options.transport.workers = settings.http_workers;
  options.transport.limits.connections_max = settings.http_connections_max;
  options.transport.limits.connections_per_address_max = settings.http_connections_per_address_max;
  options.transport.trusted_proxies = settings.http_trusted_proxies;
  options.transport.tls = settings.http_tls;
  options.cursor_key = std::move(cursor_key);
  return options;
}

cluster::link_options link_options(const configuration& settings, const std::string& incarnation) {
  auto options = settings.links;
  options.incarnation = incarnation;
  return options;
}

actors::settings actor_settings(const configuration& settings) {
  actors::settings made;
  made.attempts_in_flight_max = settings.attempts_in_flight_max;
  made.idempotency_window = settings.idempotency_window;
  made.default_retention = settings.retention;
  made.audit_retention = settings.audit_retention;
  return made;
}

std::string fresh_incarnation() {
  domain::uuid_sequence ids;
  return to_string(ids.next(system_now(), random_bits()));
}

cluster::uptime boot_time() {
  timespec read{};
  ::clock_gettime(CLOCK_BOOTTIME, &read);
  return std::chrono::seconds{read.tv_sec} + std::chrono::nanoseconds{read.tv_nsec};
}

}  // namespace

/// The members are in the order of their making; each may use those above it, and is gone before
/// them.
class system::implementation {
public:
  implementation(const configuration& settings, std::unique_ptr<chaos> chaos,
                 std::unique_ptr<persistence::store> store, std::string cursor_key)
      : drain_timeout_(settings.drain_timeout),
        chaos_(std::move(chaos)),
        store_(std::move(store)),
        metrics_(registry_),
        admission_(static_cast<std::int64_t>(settings.submissions_max)),
        engine_(std::make_unique<delivery::engine>(engine_options(settings))),
        env_{.now = clock_of(chaos_.get()),
             .random_fraction = random_fraction,
             .random_bits = random_bits,
             .send_request = to_engine(),
             .store = *store_,
             .directory = directory_,
             .metrics = metrics_,
             .settings = actor_settings(settings),
             .node = settings.node_name,
             .incarnation = fresh_incarnation(),
             .uptime = boot_time,
             .abort_requests = [this] { engine_->abort_all(); },
             .addresses = {},
             .is_shared = persistence::is_server_url(settings.store_url),
             .fail = [this](const std::string& reason) { fail(reason); },
             .observer = actors::make_observer(metrics_),
             .faults = chaos_ ? &chaos_->faults() : nullptr},
        gateway_(env_, admission_),
        link_options_(link_options(settings, env_.incarnation)),
        caf_configuration_(link_options_),
        actors_(std::make_unique<caf::actor_system>(caf_configuration_)),
        links_(env_, [this](cluster::incoming_question asked) { answer(asked); }),
        services_{.store = *store_,
                  .gateway = gateway_,
                  .directory = directory_,
                  .metrics = registry_,
                  .addresses = engine_options(settings).addresses,
                  .limits = general_limits(settings),
                  .draining = [this] { return draining_.load(); },
                  .now = env_.now,
                  .faults = env_.faults,
                  .node = {env_.node, env_.incarnation, env_.now()},
                  .links = links_status(),
                  .ask = asking(),
                  .usage = env_.is_shared ? &env_.usage : nullptr},
        server_(server_options(settings, std::move(cursor_key)), services_) {
    if (chaos_) {
      chaos_->know(directory_);
      env_.reach_before_each_message();
    }
    // SQLite has one writer at a time, and more of them only smaller groups.
    const auto writers =
        persistence::is_server_url(settings.store_url) ? settings.store_writers : std::size_t{1};
    env_.addresses.event_writers.resize(writers);
    env_.addresses.outcome_writers.resize(writers);
  }

  ~implementation() { stop(); }

  result<void> start() {
    if (const auto linked = start_links(); !linked)
      return linked;
    if (const auto owner = become_owner(); !owner)
      return owner;
    root_ = start_actor_tree(*actors_, env_, blocking_actors::detached,
                             is_linked() ? &links_ : nullptr);
    root_->attach_functor([this](const caf::error& reason) {
      if (!draining_)
        fail(caf::to_string(reason));
    });
    const auto port = server_.start();
    if (!port)
      return tl::unexpected(port.error());
    port_ = *port;
    return {};
  }

  bool stop() {
    if (!actors_)
      return ended_in_time_;
    // Nothing that a process without its shards would still record is taken.
    const auto deadline = std::chrono::steady_clock::now() +
                          (failed_ ? std::chrono::milliseconds{0} : drain_timeout_);
    const auto left = [&] {
      return std::chrono::ceil<std::chrono::milliseconds>(
          std::max(deadline - std::chrono::steady_clock::now(), std::chrono::nanoseconds{0}));
    };
    draining_ = true;
    if (chaos_)
      chaos_->faults().stop();
    // The others take over while what is under way here ends.
    const auto left_cluster = leave_cluster();
    ended_in_time_ = server_.drain(left());
    ended_in_time_ = is_kept(left_cluster, left()) && ended_in_time_;
    ended_in_time_ = drain_subscriptions(left()) && ended_in_time_;
    server_.stop();
    stop_actors();
    return ended_in_time_;
  }

  bool failed() const { return failed_; }

  void keep(std::optional<instance_lock> lock) { lock_ = std::move(lock); }

  std::uint16_t port_ = 0;
  std::string made_key_;

private:
  using sender = faulty_sender::sender;

  /// What keeps the actors alive has given up: only a fresh process can help.
  void fail(const std::string& reason) {
    failed_ = true;
    spdlog::critical("the supervision tree has failed, and with it this process: {}", reason);
    // To whoever waits for the signal that ends the process.
    ::kill(::getpid(), SIGTERM);
  }

  sender to_engine() {
    sender send = [this](delivery::outbound_request request, delivery::engine::completion done) {
      engine_->send(std::move(request), std::move(done));
    };
    if (!chaos_)
      return send;
    sender_.emplace(chaos_->faults(), std::move(send));
    return [this](delivery::outbound_request request, delivery::engine::completion done) {
      sender_->send(std::move(request), std::move(done));
    };
  }

  bool is_linked() const { return env_.is_shared && !link_options_.listen_host.empty(); }

  result<void> start_links() {
    if (!is_linked())
      return {};
    if (auto started = links_.start(*actors_, link_options_); !started)
      return started;
    env_.peers = &links_;
    return {};
  }

  std::function<std::vector<cluster::links::shown_link>()> links_status() {
    if (!is_linked())
      return {};
    return [this] { return links_.status(); };
  }

  decltype(http::services::ask) asking() {
    if (!is_linked())
      return {};
    return [this](std::string_view incarnation, std::string question,
                  std::chrono::milliseconds timeout, cluster::answer_handler handler) {
      links_.ask(incarnation, std::move(question), timeout, std::move(handler));
    };
  }

  void answer(const cluster::incoming_question& asked) const {
    auto made = http::answer_about_actors(services_, asked.text);
    asked.respond(static_cast<std::uint16_t>(made.status), std::move(made.body));
  }

  /// Of a file this process is the only one; of a server it is one of the cluster.
  result<void> become_owner() {
    if (!env_.is_shared) {
      const auto owned = store_->open_shard_ownership()->claim_all(env_.incarnation);
      if (!owned)
        return tl::unexpected(owned.error());
      env_.shards.take(*owned);
      return {};
    }
    // Until the first renewal.
    env_.shards.allow_attempts_until({});
    return store_->open_membership()->join(
        {.incarnation = env_.incarnation,
         .name = env_.node,
         .address = is_linked() ? links_.address() : std::string{},
         .version = TALARIA_VERSION,
         .joined_at = env_.now()});
  }

  static bool is_kept(const std::future<void>& promised, std::chrono::milliseconds timeout) {
    return !promised.valid() || promised.wait_for(timeout) == std::future_status::ready;
  }

  /// @returns invalid if this node is in none, or none any more.
  std::future<void> leave_cluster() {
    const auto member = env_.addresses.member.get();
    if (!member || failed_)
      return {};
    auto promise = std::make_shared<std::promise<void>>();
    auto left = promise->get_future();
    caf::anon_send(member, actors::leave_cluster{std::move(promise)});
    return left;
  }

  bool drain_subscriptions(std::chrono::milliseconds timeout) {
    auto promise = std::make_shared<std::promise<void>>();
    const auto drained = promise->get_future();
    caf::anon_send(env_.addresses.ingest.get(), actors::drain_all{std::move(promise)});
    return is_kept(drained, timeout);
  }

  void stop_actors() {
    if (root_) {
      // Shared: whoever keeps the promise is still at it when the wait is over.
      const auto ended = std::make_shared<std::promise<void>>();
      const auto wait = ended->get_future();
      root_->attach_functor([ended](const caf::error&) { ended->set_value(); });
      caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
      root_ = nullptr;
      wait.wait();
    }
    // Requests that are still under way report to actors, which must not be gone before.
    if (sender_)
      sender_->stop();
    engine_->stop();
    links_.stop();
    // A handle to a detached actor would keep the actor system from ending.
    env_.addresses = {};
    actors_.reset();
  }

  const std::chrono::milliseconds drain_timeout_;
  std::optional<instance_lock> lock_;
  /// Null: no faults can be injected.
  const std::unique_ptr<chaos> chaos_;
  std::unique_ptr<persistence::store> store_;
  prometheus::Registry registry_;
  actors::metrics metrics_;
  supervision::directory directory_;
  actors::admission admission_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> failed_{false};
  bool ended_in_time_ = true;
  std::unique_ptr<delivery::engine> engine_;
  std::optional<faulty_sender> sender_;
  actors::environment env_;
  actors::local_gateway gateway_;
  const cluster::link_options link_options_;
  caf_configuration caf_configuration_;
  std::unique_ptr<caf::actor_system> actors_;
  cluster_links links_;
  const http::services services_;
  http::server server_;
  caf::actor root_;
};

system::system(std::unique_ptr<implementation> started) : implementation_(std::move(started)) {
}
system::~system() = default;

std::uint16_t system::port() const {
  return implementation_->port_;
}
const std::string& system::made_key() const {
  return implementation_->made_key_;
}
bool system::failed() const {
  return implementation_->failed();
}
bool system::stop() {
  return implementation_->stop();
}

namespace {

/// What a process must have before it may use the store of a file. A server is shared, and tells
/// its users apart by itself.
result<std::optional<instance_lock>> lock_file(const std::string& store_url) {
  if (persistence::is_server_url(store_url))
    return std::nullopt;
  auto lock = instance_lock::acquire(store_url.substr(store_url.find(':') + 1) + ".lock");
  if (!lock)
    return tl::unexpected(lock.error());
  return *std::move(lock);
}

/// @param chaos May be null.
result<std::unique_ptr<persistence::store>> open_migrated(const configuration& settings,
                                                          chaos* chaos) {
  const auto migrated = persistence::migrate_store(settings.store_url);
  if (!migrated)
    return tl::unexpected(migrated.error());
  if (migrated->from != migrated->to)
    spdlog::info("migrated the store from schema {} to {}", migrated->from, migrated->to);
  const auto now = clock_of(chaos);
  persistence::store_options options{.url = settings.store_url,
                                     .read_urls = settings.store_read_urls,
                                     .accept_data_loss = settings.accept_data_loss,
                                     .retention = {now, settings.retention}};
  if (chaos != nullptr)
    options.interruption = interrupt_by(chaos->faults());
  auto store = open_sealed_store(settings, std::move(options));
  if (!store)
    return store;
  if (const auto prepared = (*store)->open_upkeep()->prepare(now()); !prepared)
    return tl::unexpected(prepared.error());
  if (chaos != nullptr)
    *store = make_faulty(*std::move(store), chaos->faults());
  return store;
}

}  // namespace

result<std::unique_ptr<system>> system::start(const configuration& settings) {
  auto lock = lock_file(settings.store_url);
  if (!lock)
    return tl::unexpected(lock.error());
  auto chaos = chaos::start(settings, system_now);
  auto store = open_migrated(settings, chaos.get());
  if (!store)
    return tl::unexpected(store.error());
  auto made_key = bootstrap(**store, settings.bootstrap_key, system_now(), random_bits);
  if (!made_key)
    return tl::unexpected(made_key.error());
  auto cursor_key = (*store)->open_catalog()->installation_key();
  if (!cursor_key)
    return tl::unexpected(cursor_key.error());
  auto made = std::make_unique<implementation>(settings, std::move(chaos), *std::move(store),
                                               *std::move(cursor_key));
  made->keep(*std::move(lock));
  made->made_key_ = *std::move(made_key);
  if (const auto started = made->start(); !started)
    return tl::unexpected(started.error());
  return std::unique_ptr<system>{new system{std::move(made)}};
}

}  // namespace talaria::app
