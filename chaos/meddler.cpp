#include "chaos/meddler.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "chaos/http_client.hpp"
#include "chaos/seeded_chance.hpp"
#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace talaria::chaos {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr auto look_interval = 5ms;
constexpr std::chrono::milliseconds call_patience{3'000};
/// For a flapping network, and as long in between.
constexpr duration_range flap{200ms, 1'200ms};
/// Nothing for what is more than that.
std::optional<impairment> to_impairment(std::string_view how) {
  constexpr std::array<std::pair<std::string_view, impairment>, 4> names{
      {{"cut", impairment::cut},
       {"silent", impairment::hold_both},
       {"to_server", impairment::hold_to_server},
       {"to_client", impairment::hold_to_client}}};
  const auto* found =
      std::ranges::find(names, how, &std::pair<std::string_view, impairment>::first);
  return found == names.end() ? std::nullopt : std::optional{found->second};
}

constexpr std::array lanes{lane::process, lane::store, lane::receivers, lane::injection,
                           lane::network};
static_assert(lanes.size() == lane_count);

}  // namespace

meddler::meddler(victims victims, plan plan, const run_clock& clock)
    : victims_{std::move(victims)}, plan_{std::move(plan)}, clock_{clock}, started_{clock.now()} {
  for (const auto lane : lanes)
    threads_.emplace_back([this, lane] { follow(lane); });
}

meddler::~meddler() {
  heal();
}

bool meddler::is_done() const {
  return lanes_done_ == lane_count;
}

std::vector<disturbance> meddler::disturbances() const {
  const std::scoped_lock lock{mutex_};
  auto made = disturbances_;
  std::ranges::stable_sort(made, {}, &disturbance::from);
  return made;
}

void meddler::follow(lane lane) {
  moment free_at{};
  for (const auto& fault : plan_.schedule) {
    if (lane_of(fault.kind) != lane)
      continue;
    wait_until(std::max(started_ + fault.at, free_at));
    if (stopping_)
      break;
    auto happened = happen(fault);
    free_at = clock_.now() + plan_.pause;
    const std::scoped_lock lock{mutex_};
    disturbances_.push_back(std::move(happened));
  }
  ++lanes_done_;
}

disturbance meddler::happen(const planned_fault& fault) {
  disturbance happening{.fault = fault, .from = clock_.now()};
  try {
    if (clock_.now() <= started_ + std::max(plan_.end, fault.at + plan_.pause)) {
      cause(happening);
    } else {
      happening.failure = "the faults before it took too long";
      happening.is_excused = true;
    }
  } catch (const std::exception& exception) {
    happening.failure = exception.what();
  }
  note_end(happening);
  return happening;
}

void meddler::wait_until(moment when) const {
  while (clock_.now() < when && !stopping_)
    std::this_thread::sleep_for(look_interval);
}

void meddler::wait_for(milliseconds time) const {
  wait_until(clock_.now() + time);
}

void meddler::cause(disturbance& happening) {
  switch (lane_of(happening.fault.kind)) {
    case lane::process:
      disturb_process(happening);
      break;
    case lane::store:
      disturb_store(happening);
      break;
    case lane::receivers:
      be_hostile(happening.fault);
      break;
    case lane::injection:
      if (happening.fault.kind == fault_kind::clock_jump)
        jump_clock(happening);
      else
        inject(happening);
      break;
    case lane::network:
      disturb_network(happening.fault);
      note_end(happening);
      come_back();
      break;
  }
}

std::vector<std::size_t> meddler::nodes_of(const planned_fault& fault) const {
  const bool concerns_all = fault.kind == fault_kind::rolling_restart;
  const auto wanted = concerns_all ? victims_.nodes->size() : fault.settings.nodes;
  std::vector<std::size_t> found;
  for (std::size_t count = 0; count < wanted; ++count)
    found.push_back((fault.node + count) % victims_.nodes->size());
  return found;
}

server_keeper& meddler::first_of(const planned_fault& fault) const {
  return victims_.nodes->at(fault.node);
}

void meddler::come_back() const {
  if (!victims_.nodes->wait_until_serving(serve_patience))
    throw std::runtime_error("Talaria did not come back");
}

/// What is to come is recovery. Unless it is known already.
void meddler::note_end(disturbance& happening) const {
  if (happening.until == moment{})
    happening.until = clock_.now();
}

void meddler::disturb_process(disturbance& happening) {
  const auto& fault = happening.fault;
  switch (fault.kind) {
    case fault_kind::process_kill:
      kill(happening);
      break;
    case fault_kind::process_pause:
      pause(fault);
      break;
    case fault_kind::node_stop:
      stop_nodes(fault);
      break;
    case fault_kind::rolling_restart:
    case fault_kind::node_upgrade:
      restart_in_turn(fault);
      break;
    case fault_kind::node_join:
      have_guest(fault);
      break;
    case fault_kind::descriptor_exhaustion:
      exhaust_descriptors(fault);
      break;
    default:
      take_over(fault);
  }
  note_end(happening);
  come_back();
}

/// Spread over the time, so that some come in the middle of a start.
void meddler::kill(disturbance& happening) {
  const auto& fault = happening.fault;
  seeded_chance chance{fault.seed};
  const auto share = fault.lasts / fault.settings.times;
  for (std::uint32_t count = 0; count < fault.settings.times && !stopping_; ++count) {
    const auto before = chance.between(0ms, share);
    wait_for(before);
    for (const auto node : nodes_of(fault))
      victims_.nodes->at(node).kill(fault.settings.down);
    happening.until = clock_.now();
    wait_for(share - before);
  }
  // It is away until then.
  wait_until(happening.until + fault.settings.down);
  happening.until += fault.settings.down;
}

void meddler::pause(const planned_fault& fault) {
  for (const auto node : nodes_of(fault))
    victims_.nodes->at(node).pause();
  wait_for(fault.lasts);
  for (const auto node : nodes_of(fault))
    victims_.nodes->at(node).resume();
}

void meddler::go_down(server_keeper& node) {
  if (!node.wait_until_serving(serve_patience) || !node.go_down())
    throw std::runtime_error(fmt::format("{} did not stop", node.name()));
}

void meddler::stop_nodes(const planned_fault& fault) {
  for (const auto node : nodes_of(fault))
    go_down(victims_.nodes->at(node));
  wait_for(fault.lasts);
  for (const auto node : nodes_of(fault))
    victims_.nodes->at(node).come_back();
}

void meddler::restart_in_turn(const planned_fault& fault) {
  const auto nodes = nodes_of(fault);
  for (const auto index : nodes) {
    if (stopping_)
      return;
    auto& node = victims_.nodes->at(index);
    go_down(node);
    if (fault.kind == fault_kind::node_upgrade)
      node.use(fault.settings.how == "next" ? victims_.next_program : victims_.first_program);
    node.come_back();
    if (!node.wait_until_serving(serve_patience))
      throw std::runtime_error(fmt::format("{} did not come back", node.name()));
    wait_for(fault.lasts / nodes.size());
  }
}

void meddler::have_guest(const planned_fault& fault) {
  victims_.nodes->begin_guest();
  wait_for(fault.lasts);
  victims_.nodes->end_guest();
}

void meddler::disturb_network(const planned_fault& fault) {
  const auto impair = [&](impairment how) {
    for (const auto node : nodes_of(fault)) {
      if (fault.kind == fault_kind::partition_database)
        victims_.nodes->impair_store(node, how);
      else if (fault.settings.peers == 0)
        victims_.nodes->impair_links(node, how);
      for (std::size_t away = 1; away <= fault.settings.peers; ++away)
        victims_.nodes->impair_link(node, (node + away) % victims_.nodes->size(), how);
    }
  };
  const auto how = to_impairment(fault.settings.how);
  const auto end = clock_.now() + fault.lasts;
  if (how) {
    impair(*how);
    wait_until(end);
  } else {
    seeded_chance chance{fault.seed};
    for (bool is_cut = true; clock_.now() < end && !stopping_; is_cut = !is_cut) {
      impair(is_cut ? impairment::cut : impairment::none);
      wait_until(std::min(end, clock_.now() + chance.between(flap.min, flap.max)));
    }
  }
  impair(impairment::none);
}

void meddler::limit_for(server_keeper& node, __rlimit_resource resource, rlim_t bound,
                        milliseconds time) {
  const auto former = node.limit(resource, bound);
  if (!former)
    throw std::runtime_error("the limit could not be set");
  wait_for(time);
  node.give_back(resource, *former);
}

void meddler::exhaust_descriptors(const planned_fault& fault) {
  auto& node = first_of(fault);
  const auto used = node.usage();
  if (!used)
    throw std::runtime_error("there is no process");
  limit_for(node, RLIMIT_NOFILE, used->descriptors + fault.settings.spare, fault.lasts);
}

/// The one that is succeeded goes on in the second half of the time, beside its successor, with
/// what it had under way, until it learns of it.
void meddler::take_over(const planned_fault& fault) {
  auto& node = first_of(fault);
  // One that has not joined yet would join after its successor, and succeed that.
  if (!node.wait_until_serving(serve_patience))
    throw std::runtime_error(fmt::format("{} does not serve", node.name()));
  victims_.nodes->take_over(fault.node);
  const bool serves = node.wait_until_serving(serve_patience);
  wait_for(fault.lasts / 2);
  node.resume_former();
  wait_for(fault.lasts / 2);
  node.end_former();
  if (!serves)
    throw std::runtime_error("the successor does not start");
}

void meddler::be_hostile(const planned_fault& fault) {
  const auto how = to_manner(fault.settings.how).value_or(manner::plain);
  const auto all_behave = [&](manner wanted) {
    for (std::size_t index = 0; index < victims_.subscriptions.size(); ++index) {
      const auto& only = fault.settings.subscription;
      if (only.empty() || only == victims_.subscriptions[index].name)
        victims_.receivers->behave(index, wanted);
    }
  };
  all_behave(how);
  wait_for(fault.lasts);
  all_behave(manner::plain);
}

std::string meddler::call(disturbance& happening, const server_keeper& node,
                          const std::string& method, const std::string& path,
                          const std::string& body) const {
  node.wait_until_serving(call_patience);
  auto answer = send({.method = method,
                      .url = fmt::format("{}/api/v1/chaos{}", node.url(), path),
                      .key = node.key(),
                      .body = body,
                      .timeout = call_patience});
  if (answer.is_success())
    return std::move(answer.body);
  happening.failure = fmt::format("{} {} gave {}: {}", method, path, answer.status, answer.body);
  // Another fault may keep it from answering.
  happening.is_excused = answer.status == 0 || answer.status >= 500;
  return {};
}

void meddler::inject(disturbance& happening) {
  const auto& fault = happening.fault;
  const auto& node = first_of(fault);
  auto request = json::parse(fault.settings.request_json).as_object();
  // As the API takes it: a number that JSON has in all its readers.
  request["seed"] = fault.seed >> 12;
  request["expires_after_ms"] = std::max<std::int64_t>(fault.lasts.count(), 1);
  const auto made = call(happening, node, "POST", "/faults", json::serialize(request));
  wait_for(fault.lasts);
  if (made.empty())
    return;
  // It may have expired, or died with its process: the answer does not matter.
  disturbance ignored;
  const auto& id = json::parse(made).as_object().at("id");
  const auto text = id.is_string() ? std::string{id.as_string()} : json::serialize(id);
  call(ignored, node, "DELETE", fmt::format("/faults/{}", text));
}

void meddler::jump_clock(disturbance& happening) {
  const auto& fault = happening.fault;
  const auto set = [&](disturbance& noted, milliseconds offset) {
    return call(noted, first_of(fault), "PUT", "/clock",
                fmt::format(R"({{"offset_ms":{}}})", offset.count()));
  };
  const bool jumped = !set(happening, fault.settings.offset).empty();
  wait_for(fault.lasts);
  for (int tries = 0; jumped && tries < 10; ++tries) {
    disturbance noted;
    if (!set(noted, 0ms).empty())
      break;
    wait_for(200ms);
  }
}

/// What could not be undone at its time: its process may have stood still then.
void meddler::heal_injected() const {
  const bool injects = std::ranges::any_of(plan_.schedule, [](const planned_fault& each) {
    return lane_of(each.kind) == lane::injection;
  });
  if (!injects)
    return;
  disturbance ignored;
  for (std::size_t index = 0; index < victims_.nodes->size(); ++index) {
    const auto& node = victims_.nodes->at(index);
    call(ignored, node, "DELETE", "/faults");
    call(ignored, node, "PUT", "/clock", R"({"offset_ms":0})");
  }
}

void meddler::heal_nodes() const {
  auto& nodes = *victims_.nodes;
  nodes.delay_store(0ms);
  nodes.end_guest();
  for (std::size_t index = 0; index < nodes.size(); ++index) {
    nodes.impair_store(index, impairment::none);
    nodes.impair_links(index, impairment::none);
    for (std::size_t other = index + 1; other < nodes.size(); ++other)
      nodes.impair_link(index, other, impairment::none);
    auto& node = nodes.at(index);
    node.resume();
    node.come_back();
    node.resume_former();
    node.end_former();
  }
}

std::vector<std::string> meddler::heal() {
  if (threads_.empty())
    return {};
  stopping_ = true;
  for (auto& thread : threads_)
    thread.join();
  threads_.clear();
  std::vector<std::string> left;
  if (victims_.postgresql != nullptr) {
    try {
      victims_.postgresql->resume();
      victims_.postgresql->free_disk();
      victims_.postgresql->recover();
    } catch (const std::exception& exception) {
      left.emplace_back(exception.what());
    }
  }
  heal_nodes();
  for (std::size_t index = 0; index < victims_.subscriptions.size(); ++index)
    victims_.receivers->behave(index, manner::plain);
  if (!victims_.nodes->wait_until_serving(serve_patience))
    left.emplace_back("Talaria does not serve");
  heal_injected();
  return left;
}

}  // namespace talaria::chaos
