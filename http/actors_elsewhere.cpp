#include "http/actors_elsewhere.hpp"

#include "domain/error.hpp"
#include "http/problem.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

namespace talaria::http {

namespace {

using domain::ec;
using domain::result;
using word = actor_question::word;
namespace json = boost::json;

constexpr std::chrono::seconds peer_patience{3};

struct known_node {
  std::string name;
  std::string incarnation;
};

result<known_node> find_node(const services& services, std::string_view name) {
  const auto links = services.links ? services.links() : std::vector<cluster::links::shown_link>{};
  const auto found =
      std::ranges::find(links, name, [](const auto& shown) { return shown.link.name; });
  if (found == links.end())
    return domain::fail(ec::invalid_value, "This node has no link to one of that name.", "/node");
  return known_node{found->link.name, found->link.incarnation};
}

// ------------------------------------------------------------------------------------ the answer

domain::error silence_of(const known_node& node, cluster::question_failure failure, word asked) {
  using cluster::question_failure;
  const bool may_have_obeyed = is_command(asked) && (failure == question_failure::timed_out ||
                                                     failure == question_failure::link_lost);
  return {ec::store_unavailable,
          fmt::format("Node {} does not answer: {}.{}", node.name, cluster::to_string(failure),
                      may_have_obeyed ? " It may have obeyed; asking again does no harm." : ""),
          "/node"};
}

/// The node's own words, under the id of the request that the client made.
response to_problem_response(const cluster::answer& given, const std::string& request_id) {
  boost::system::error_code damage;
  auto body = json::parse(given.body, damage);
  auto* const members = body.if_object();
  if (damage || members == nullptr)
    return to_response(protocol_problem(given.status, "internal",
                                        "The node's answer has no reason that could be read."),
                       request_id);
  (*members)["request_id"] = request_id;
  auto made = json_response(given.status, json::serialize(body));
  made.content_type = "application/problem+json";
  return made;
}

void pass_on(const responder& to, const known_node& node, word asked,
             const cluster::asked& outcome) {
  constexpr unsigned unknown_question = 422;
  if (!outcome)
    return to.send(silence_of(node, outcome.error(), asked));
  if (outcome->status < 400)
    return to.send(json_response(outcome->status, outcome->body));
  // Of a query that is at fault as well, but a command has none.
  if (is_command(asked) && outcome->status == unknown_question)
    return to.send(domain::error{
        ec::not_supported,
        fmt::format("Node {} is of a version that takes this from its own clients alone.",
                    node.name),
        "/node"});
  to.send(to_problem_response(*outcome, to.request_id()));
}

void ask(const services& services, const responder& responder, const known_node& node,
         const actor_question& question) {
  services.ask(node.incarnation, to_text(question), peer_patience,
               [responder, node, asked = question.asks](const cluster::asked& outcome) {
                 pass_on(responder, node, asked, outcome);
               });
}

// ------------------------------------------------------------------------------------ the search

/// Asks all others for an actor, until one has it or all have answered.
class search : public std::enable_shared_from_this<search> {
public:
  search(const services& services, responder responder, actor_question question)
      : services_{services}, responder_{std::move(responder)}, question_{std::move(question)} {}

  void begin() {
    const auto links = services_.links();
    waiting_ = links.size() + 1;
    const auto wanted = to_text({word::show, question_.about});
    for (const auto& shown : links)
      services_.ask(
          shown.link.incarnation, wanted, peer_patience,
          [self = shared_from_this(), node = known_node{shown.link.name, shown.link.incarnation}](
              const cluster::asked& outcome) { self->take(node, outcome); });
    end_one();
  }

private:
  void take(const known_node& node, const cluster::asked& outcome) {
    if (!outcome)
      note(silence_of(node, outcome.error(), word::show));
    else if (outcome->status == 200 && !found_.exchange(true))
      end_at(node, *outcome);
    end_one();
  }

  void end_at(const known_node& node, const cluster::answer& shown) {
    if (is_command(question_.asks))
      ask(services_, responder_, node, question_);
    else
      responder_.send(json_response(shown.status, shown.body));
  }

  void note(domain::error silence) {
    const std::lock_guard lock{mutex_};
    silence_ = std::move(silence);
  }

  void end_one() {
    if (--waiting_ > 0 || found_)
      return;
    const std::lock_guard lock{mutex_};
    responder_.send(
        silence_.value_or(domain::error{ec::not_found, "There is no actor at this path.", ""}));
  }

  const services& services_;
  const responder responder_;
  const actor_question question_;
  std::atomic<bool> found_{false};
  std::atomic<std::size_t> waiting_{0};
  std::mutex mutex_;
  /// Of one that may have the actor.
  std::optional<domain::error> silence_;
};

}  // namespace

void ask_node(const services& services, const responder& responder, std::string_view node,
              const actor_question& question) {
  const auto known = find_node(services, node);
  if (!known)
    return responder.send(known.error());
  ask(services, responder, *known, question);
}

void ask_whoever_has_it(const services& services, const responder& responder,
                        const actor_question& question) {
  std::make_shared<search>(services, responder, question)->begin();
}

}  // namespace talaria::http
