#include "chaos/fleet.hpp"

#include <fmt/format.h>

#include "chaos/socket_owner.hpp"
#include <algorithm>
#include <utility>

namespace talaria::chaos {

namespace {

/// Nobody else is to talk to the links of a run.
constexpr auto cluster_secret = "a secret of no consequence, which is long enough";

constexpr auto listen_setting = "cluster.listen";

std::string to_address(std::uint16_t port) {
  return fmt::format("127.0.0.1:{}", port);
}

std::string name_of(std::size_t node) {
  return fmt::format("n-{}", node + 1);
}

}  // namespace

fleet::fleet(options options, const run_clock& clock, const std::function<void()>& first_serves)
    : options_{std::move(options)}, clock_{clock} {
  for (std::size_t node = 0; node < size(); ++node) {
    places_.push_back(make(name_of(node)));
    if (node == 0 && first_serves)
      first_serves();
  }
}

fleet::~fleet() = default;

std::unique_ptr<fleet::place> fleet::make(const std::string& name) const {
  auto made = std::make_unique<place>();
  auto url = store_url(*made);
  auto settings = settings_of(*made);
  made->keeper =
      std::make_unique<server_keeper>(server_keeper::options{.name = name,
                                                             .binary = options_.binary,
                                                             .directory = options_.directory,
                                                             .store_url = std::move(url),
                                                             .settings = std::move(settings)},
                                      clock_);
  return made;
}

std::string fleet::store_url(place& made) const {
  if (options_.server == nullptr)
    return options_.file_url;
  if (!options_.relays_store)
    return options_.server->url();
  std::vector<std::uint16_t> ports;
  for (auto& socket : options_.server->sockets()) {
    made.store.push_back(std::make_unique<relay>(relay_end{.port = free_port()},
                                                 relay_end{.path = std::move(socket)}));
    ports.push_back(made.store.back()->port());
  }
  return options_.server->url_at(ports);
}

/// A node alone has nobody to link to.
std::map<std::string, std::string> fleet::settings_of(place& made) const {
  auto settings = options_.settings;
  if (size() == 1)
    return settings;
  const auto port = free_port();
  made.links = std::make_unique<relay>(relay_end{.port = free_port()}, relay_end{.port = port},
                                       [this](std::uint16_t client) { return node_at(client); });
  settings.emplace(listen_setting, to_address(port));
  settings.emplace("cluster.advertise", to_address(made.links->port()));
  settings.emplace("cluster.secret", cluster_secret);
  return settings;
}

std::vector<std::string> fleet::urls() const {
  std::vector<std::string> made;
  for (const auto& each : places_)
    made.push_back(each->keeper->url());
  const std::scoped_lock lock{mutex_};
  if (guest_)
    made.push_back(guest_->keeper->url());
  return made;
}

std::string fleet::url() const {
  const auto serving =
      std::ranges::find_if(places_, [](const auto& each) { return each->keeper->is_serving(); });
  return (serving == places_.end() ? places_.front() : *serving)->keeper->url();
}

bool fleet::wait_until_serving(std::chrono::milliseconds patience) const {
  const auto until = std::chrono::steady_clock::now() + patience;
  return std::ranges::all_of(places_, [&](const auto& each) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    return each->keeper->wait_until_serving(std::max(left, std::chrono::milliseconds{1}));
  });
}

void fleet::delay_store(std::chrono::milliseconds by) {
  for (const auto& each : places_) {
    for (const auto& way : each->store)
      way->delay(by);
  }
}

void fleet::impair_store(std::size_t node, impairment how) {
  for (const auto& way : places_.at(node)->store)
    way->impair(how);
}

void fleet::impair_links(std::size_t node, impairment how) {
  if (const auto& links = places_.at(node)->links)
    links->impair(how);
}

void fleet::impair_link(std::size_t node, std::size_t other, impairment how) {
  places_.at(node)->links->impair(how, other);
  places_.at(other)->links->impair(mirrored(how), node);
}

std::optional<std::size_t> fleet::node_at(std::uint16_t port) const {
  const auto socket = connected_socket(port);
  if (!socket)
    return std::nullopt;
  const auto found = std::ranges::find_if(
      places_, [&](const auto& each) { return each->keeper->has_socket(*socket); });
  if (found == places_.end())
    return std::nullopt;
  return static_cast<std::size_t>(found - places_.begin());
}

void fleet::take_over(std::size_t node) {
  auto& place = *places_.at(node);
  std::map<std::string, std::string> changes;
  if (place.links) {
    const auto port = free_port();
    changes.emplace(listen_setting, to_address(port));
    place.links->redirect({.port = port});
  }
  place.keeper->take_over(changes);
}

void fleet::begin_guest() {
  auto made = make(name_of(size()));
  const std::scoped_lock lock{mutex_};
  guest_ = std::move(made);
}

void fleet::end_guest() {
  std::unique_ptr<place> guest;
  {
    const std::scoped_lock lock{mutex_};
    guest = std::move(guest_);
  }
  if (!guest)
    return;
  const bool ended = guest->keeper->go_down();
  const std::scoped_lock lock{mutex_};
  if (!ended)
    problems_.push_back("the guest did not leave");
  gone_.push_back(std::move(guest));
}

void fleet::stop() {
  for (const auto& each : places_) {
    const auto code = each->keeper->stop();
    if (code != 0)
      problems_.push_back(code ? fmt::format("{} ended with {}", each->keeper->name(), *code)
                               : fmt::format("{} did not stop", each->keeper->name()));
  }
}

std::uint64_t fleet::ends() const {
  const std::scoped_lock lock{mutex_};
  std::uint64_t sum = 0;
  for (const auto* all : {&places_, &gone_}) {
    for (const auto& each : *all)
      sum += each->keeper->ends();
  }
  return sum;
}

template <class T, class Get>
std::vector<T> fleet::gather(const Get& get) const {
  const std::scoped_lock lock{mutex_};
  std::vector<T> all;
  for (const auto* group : {&places_, &gone_}) {
    for (const auto& each : *group)
      std::ranges::move(get(*each->keeper), std::back_inserter(all));
  }
  return all;
}

std::vector<takeover> fleet::takeovers() const {
  return gather<takeover>([](const server_keeper& each) { return each.takeovers(); });
}

std::vector<process_end> fleet::process_ends() const {
  return gather<process_end>([](const server_keeper& each) { return each.process_ends(); });
}

std::vector<std::string> fleet::problems() const {
  auto all = gather<std::string>([](const server_keeper& each) { return each.problems(); });
  const std::scoped_lock lock{mutex_};
  all.insert(all.end(), problems_.begin(), problems_.end());
  return all;
}

}  // namespace talaria::chaos
