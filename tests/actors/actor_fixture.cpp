#include "tests/actors/actor_fixture.hpp"

#include "actors/observation.hpp"
#include "app/actor_tree.hpp"
#include "app/faulty_store.hpp"
#include "supervision/inspection.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

namespace talaria::test {

namespace {

std::string store_url(const posix::temporary_directory& directory) {
  return "sqlite:" + (directory.path() / "store.db").string();
}

std::unique_ptr<persistence::store> make_store(const posix::temporary_directory& directory,
                                               supervision::fault_injector* faults) {
  REQUIRE(persistence::migrate_store(store_url(directory)));
  auto opened = persistence::open_store(store_url(directory));
  REQUIRE(opened);
  return faults == nullptr ? std::move(*opened) : app::make_faulty(std::move(*opened), *faults);
}

}  // namespace

namespace {

/// One that can be cut off.
class cut_membership : public cluster::test::membership_model {
public:
  cut_membership(cluster::test::membership_tables& tables, const bool& is_cut)
      : membership_model{tables}, is_cut_{is_cut} {}

  domain::result<persistence::node_status> renew(std::string_view incarnation) override {
    is_cut_off = is_cut_;
    return membership_model::renew(incarnation);
  }
  domain::result<persistence::cluster_view> look() override {
    is_cut_off = is_cut_;
    return membership_model::look();
  }

private:
  const bool& is_cut_;
};

}  // namespace

std::string sent_request::header(const std::string& name) const {
  for (const auto& line : request.headers) {
    if (line.starts_with(name + ": "))
      return line.substr(name.size() + 2);
  }
  return {};
}

actor_fixture::actor_fixture(const std::function<void(talaria::actors::settings&)>& adjust,
                             supervision::fault_injector* faults,
                             cluster::test::membership_tables* shared)
    : store(std::make_unique<interruptible_store>(make_store(directory, faults))),
      env{.now = [this] { return simulated.now(); },
          .random_fraction =
              [this] {
                if (crashes_to_come > 0) {
                  --crashes_to_come;
                  throw std::runtime_error("crash on purpose");
                }
                return 0.5;
              },
          .random_bits = [this] { return random_state += 0x9E3779B97F4A7C15ULL; },
          .send_request =
              [this](delivery::outbound_request request, delivery::engine::completion done) {
                requests.push_back({std::move(request), std::move(done)});
                all_ids.push_back(requests.back().header("webhook-id"));
              },
          .store = *store,
          .directory = actors,
          .metrics = metrics,
          .settings = {},
          .node = "node-1",
          .incarnation = "incarnation-1",
          .uptime = [this] { return simulated.now().time_since_epoch(); },
          .abort_requests = [this] { ++aborts; },
          .addresses = {},
          .observer = talaria::actors::make_observer(metrics),
          .faults = faults} {
  if (adjust)
    adjust(env.settings);
  env.reach_before_each_message();
  organization = {.id = {{{1}}}, .name = "default", .created_at = simulated.now()};
  application = {.id = {{{2}}},
                 .organization = organization.id,
                 .name = "default",
                 .metadata = "{}",
                 .created_at = simulated.now(),
                 .updated_at = simulated.now()};
  domain::api_key key;
  key.id = {{{3}}};
  key.organization = organization.id;
  REQUIRE(store->open_catalog()->bootstrap(organization, application, key));
  domain::uuid_sequence ids;
  REQUIRE(store->open_catalog()->ensure_system_applications(
      simulated.now(), [&] { return ids.next(simulated.now(), ++random_state); }));
  env.addresses.event_writers.resize(1);
  env.addresses.outcome_writers.resize(1);
  const auto claimed = store->open_shard_ownership()->claim_all(env.incarnation);
  REQUIRE(claimed);
  if (shared == nullptr)
    env.shards.take(*claimed);
  else
    join(*shared);
  root = app::start_actor_tree(simulated.system(), env, app::blocking_actors::scheduled);
  simulated.advance(std::chrono::seconds{1});
}

class actor_fixture::told_peers : public talaria::actors::peers {
public:
  explicit told_peers(actor_fixture& fixture) : fixture_{fixture} {}

  void know(std::span<const persistence::node_row> /*nodes*/) override {}
  void tell(std::string_view incarnation, const cluster::peer_message& message) override {
    fixture_.told.emplace_back(incarnation, message);
  }
  void tell_all(const cluster::peer_message& message) override {
    fixture_.told.emplace_back(std::string{}, message);
  }

private:
  actor_fixture& fixture_;
};

/// The tables have the epochs that the store has: each shard was claimed once.
void actor_fixture::join(cluster::test::membership_tables& shared) {
  env.is_shared = true;
  env.fail = [this](const std::string& reason) { failure = reason; };
  peers_ = std::make_unique<told_peers>(*this);
  env.peers = peers_.get();
  store->membership = [this, &shared] {
    return std::make_unique<cut_membership>(shared, is_cut_off);
  };
  env.shards.allow_attempts_until({});
  REQUIRE(store->open_membership()->join({.incarnation = env.incarnation, .name = env.node}));
}

actor_fixture::~actor_fixture() {
  caf::anon_send_exit(root, caf::exit_reason::kill);
  requests.clear();
  for (const auto& address : env.addresses.event_writers)
    caf::anon_send_exit(address.get(), caf::exit_reason::kill);
  for (const auto& address : env.addresses.outcome_writers)
    caf::anon_send_exit(address.get(), caf::exit_reason::kill);
  caf::anon_send_exit(env.addresses.store_reader.get(), caf::exit_reason::kill);
  caf::anon_send_exit(env.addresses.janitor.get(), caf::exit_reason::kill);
  caf::anon_send_exit(env.addresses.announcer.get(), caf::exit_reason::kill);
  caf::anon_send_exit(env.addresses.recoverer.get(), caf::exit_reason::kill);
  caf::anon_send_exit(env.addresses.surveyor.get(), caf::exit_reason::kill);
  if (const auto member = env.addresses.member.get())
    caf::anon_send_exit(member, caf::exit_reason::kill);
  caf::anon_send_exit(env.addresses.ingest.get(), caf::exit_reason::kill);
  caf::anon_send_exit(env.addresses.dispatcher.get(), caf::exit_reason::kill);
  root = nullptr;
  simulated.run();
  requests.clear();
  env.addresses = {};
}

domain::subscription actor_fixture::subscribe(
    const std::function<void(domain::subscription&)>& adjust) {
  domain::subscription wanted;
  wanted.id = {{{static_cast<std::uint8_t>(++random_state), 9, 9}}};
  wanted.application = application.id;
  wanted.organization = organization.id;
  wanted.settings.url = "https://receiver.example/hook";
  wanted.secrets = {{.key = std::string(32, 'k'), .expires_at = std::nullopt}};
  wanted.created_at = wanted.updated_at = simulated.now();
  if (adjust)
    adjust(wanted);
  const auto inserted = store->open_catalog()->insert_subscription(wanted);
  REQUIRE(inserted);
  return *inserted;
}

domain::subscription actor_fixture::change(domain::subscription subscription) {
  const auto updated = store->open_catalog()->update_subscription(std::move(subscription));
  REQUIRE(updated);
  gateway.catalog_changed();
  simulated.run();
  return *updated;
}

std::shared_ptr<actor_fixture::submitted> actor_fixture::submit(
    std::size_t events, const std::function<void(talaria::actors::event_draft&)>& adjust) {
  auto seen = std::make_shared<submitted>();
  talaria::actors::submission submission;
  for (std::size_t i = 0; i < events; ++i) {
    talaria::actors::event_draft draft;
    draft.event = std::make_shared<domain::event>();
    draft.event->application = application.id;
    draft.event->type = "order.paid";
    draft.event->payload = R"({"amount":12345678901234567890.10})";
    draft.occurred_now = true;
    if (adjust)
      adjust(draft);
    submission.events.push_back(std::move(draft));
  }
  submission.done = [seen](domain::result<talaria::actors::submission_answer> answer) {
    seen->answered = true;
    if (answer)
      seen->events = std::move(answer->events);
    else
      seen->error = answer.error().code;
  };
  gateway.submit(std::move(submission));
  simulated.run();
  return seen;
}

domain::event_id actor_fixture::commit_unannounced(const domain::subscription& subscription,
                                                   std::chrono::seconds behind) {
  auto event = std::make_shared<domain::event>();
  domain::uuid_sequence ids;
  event->id = ids.next_event_id(simulated.now(), random_state += 0x9E3779B97F4A7C15ULL);
  event->application = application.id;
  event->type = "order.paid";
  event->payload = "{}";
  event->occurred_at = event->received_at = simulated.now() - behind;
  const persistence::event_group group{
      {{.event = event,
        .fan_out = {{subscription.number, persistence::shard_of(subscription.id)}},
        .idempotent = std::nullopt}}};
  const auto revision = store->open_catalog()->changes_since(0)->revision;
  REQUIRE(store->open_event_appender()->append(std::span{&group, 1}, revision));
  return event->id;
}

void actor_fixture::answer_all(std::uint16_t status) {
  for (const auto& request : std::exchange(requests, {}))
    request.answer(status);
  simulated.run();
}

std::vector<std::string> actor_fixture::ids_sent() const {
  return all_ids;
}

persistence::delivery_row actor_fixture::delivery(const domain::delivery_id& id) {
  const persistence::tenant tenant{organization.id, std::nullopt};
  const auto found = store->open_history()->find_delivery(tenant, id);
  REQUIRE(found);
  return *found;
}

std::size_t actor_fixture::awake_subscriptions() const {
  supervision::actor_query subscriptions;
  subscriptions.kind = "subscription";
  return supervision::inspect(actors, subscriptions).total;
}

}  // namespace talaria::test
