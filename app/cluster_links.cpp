#include "app/cluster_links.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>

namespace talaria::app {

namespace {

/// Empty: nowhere.
std::optional<cluster::peer> to_peer(const persistence::node_row& node) {
  const auto colon = node.address.rfind(':');
  if (colon == std::string::npos)
    return std::nullopt;
  cluster::peer made{
      .incarnation = node.incarnation, .name = node.name, .host = node.address.substr(0, colon)};
  const char* const end = node.address.data() + node.address.size();
  if (std::from_chars(node.address.data() + colon + 1, end, made.port).ptr != end)
    return std::nullopt;
  return made;
}

/// One that is out of range is of no subscription.
domain::subscription_number to_number(std::int64_t from) {
  return std::in_range<std::uint32_t>(from)
             ? domain::subscription_number{static_cast<std::uint32_t>(from)}
             : domain::subscription_number{};
}

std::vector<domain::subscription_number> to_numbers(const std::vector<std::int64_t>& from) {
  std::vector<domain::subscription_number> made(from.size());
  std::ranges::transform(from, made.begin(), to_number);
  return made;
}

template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};

}  // namespace

domain::result<void> cluster_links::start(caf::actor_system& system,
                                          const cluster::link_options& options) {
  auto card = env_.directory.enter(std::string{"/"} + cluster::gateway_name, cluster::gateway_name,
                                   env_.now(), cluster::gateway_gauges);
  auto started = cluster::links::start(
      system, options,
      {.on_message = [this](const std::string& from,
                            cluster::peer_message message) { take(from, std::move(message)); },
       .on_question = answer_},
      {std::move(card), &env_.observer});
  if (!started)
    return tl::unexpected(started.error());
  links_ = *std::move(started);
  return {};
}

void cluster_links::stop() {
  if (links_)
    links_->stop();
}

caf::actor cluster_links::start_gateway(caf::scheduled_actor& supervisor,
                                        std::shared_ptr<supervision::actor_card> card) {
  return links_->start_gateway(supervisor, std::move(card));
}

std::string cluster_links::address() const {
  return fmt::format("{}:{}", links_->host(), links_->port());
}

std::vector<cluster::links::shown_link> cluster_links::status() const {
  return links_->status();
}

void cluster_links::know(std::span<const persistence::node_row> nodes) {
  std::vector<cluster::peer> others;
  for (const auto& node : nodes) {
    auto peer = to_peer(node);
    if (peer && node.incarnation != env_.incarnation)
      others.push_back(*std::move(peer));
  }
  links_->set_peers(std::move(others));
}

void cluster_links::tell(std::string_view incarnation, const cluster::peer_message& message) {
  links_->send(incarnation, message);
}

void cluster_links::tell_all(const cluster::peer_message& message) {
  links_->broadcast(message);
}

void cluster_links::ask(std::string_view incarnation, std::string text,
                        std::chrono::milliseconds timeout, cluster::answer_handler handler) {
  links_->ask(incarnation, std::move(text), timeout, std::move(handler));
}

void cluster_links::take(const std::string& from, cluster::peer_message message) {
  const auto ingest = env_.addresses.ingest.get();
  const auto member = env_.addresses.member.get();
  std::visit(
      overloaded{
          [&](const cluster::deliveries_due& due) {
            caf::anon_send(ingest,
                           actors::deliveries_committed_elsewhere{to_numbers(due.subscriptions)});
          },
          [&](const cluster::delivery_cancelled& cancelled) {
            caf::anon_send(ingest, actors::delivery_cancelled{
                                       {cancelled.event, to_number(cancelled.subscription)}});
          },
          [&](const cluster::catalog_changed&) {
            caf::anon_send(ingest, actors::catalog_changed{});
          },
          [&](const cluster::shards_moved&) { caf::anon_send(member, actors::look_now{}); },
          [&](const cluster::usage& told) { env_.usage.told(from, told, env_.uptime()); },
          // Questions and answers have ways of their own.
          [](const auto&) {},
      },
      message);
}

}  // namespace talaria::app
