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
#include <stdexcept>
#include <utility>

namespace talaria::chaos {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr auto look_interval = 5ms;
constexpr auto serve_patience = 90s;
constexpr std::chrono::milliseconds call_patience{3'000};
/// What SQLite writes goes past it at once.
constexpr rlim_t file_bytes_when_full = 4096;
constexpr std::array lanes{lane::process, lane::store, lane::receivers, lane::injection};
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
  }
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
      victims_.server->pause();
      wait_for(fault.lasts);
      victims_.server->resume();
      break;
    case fault_kind::descriptor_exhaustion:
      exhaust_descriptors(fault);
      break;
    default:
      take_over(fault);
  }
  note_end(happening);
  if (!victims_.server->wait_until_serving(serve_patience))
    throw std::runtime_error("Talaria did not come back");
}

/// Spread over the time, so that some come in the middle of a start.
void meddler::kill(disturbance& happening) {
  const auto& fault = happening.fault;
  seeded_chance chance{fault.seed};
  const auto share = fault.lasts / fault.settings.times;
  for (std::uint32_t count = 0; count < fault.settings.times && !stopping_; ++count) {
    const auto before = chance.between(0ms, share);
    wait_for(before);
    victims_.server->kill();
    happening.until = clock_.now();
    wait_for(share - before);
  }
}

void meddler::limit_for(__rlimit_resource resource, rlim_t bound, milliseconds time) {
  const auto former = victims_.server->limit(resource, bound);
  if (!former)
    throw std::runtime_error("the limit could not be set");
  wait_for(time);
  victims_.server->give_back(resource, *former);
}

void meddler::exhaust_descriptors(const planned_fault& fault) {
  const auto used = victims_.server->usage();
  if (!used)
    throw std::runtime_error("there is no process");
  limit_for(RLIMIT_NOFILE, used->descriptors + fault.settings.spare, fault.lasts);
}

/// The one that is succeeded goes on in the second half of the time, beside its successor.
void meddler::take_over(const planned_fault& fault) {
  victims_.server->take_over();
  const bool serves = victims_.server->wait_until_serving(serve_patience);
  wait_for(fault.lasts / 2);
  victims_.server->resume_former();
  wait_for(fault.lasts / 2);
  victims_.server->end_former();
  if (!serves)
    throw std::runtime_error("the successor does not start");
}

void meddler::disturb_store(disturbance& happening) {
  if (happening.fault.kind == fault_kind::disk_full)
    fill_disk(happening);
  else
    disturb_postgresql(happening.fault);
  note_end(happening);
  if (!victims_.server->wait_until_serving(serve_patience))
    throw std::runtime_error("Talaria did not come back");
}

void meddler::disturb_postgresql(const planned_fault& fault) {
  auto& server = *victims_.postgresql;
  switch (fault.kind) {
    case fault_kind::postgres_restart:
      server.stop(fault.settings.how);
      wait_for(fault.lasts);
      server.start();
      break;
    case fault_kind::postgres_terminate_backends:
      for (std::uint32_t count = 0; count < fault.settings.times && !stopping_; ++count) {
        server.terminate_backends();
        wait_for(fault.lasts / fault.settings.times);
      }
      break;
    case fault_kind::postgres_pause:
      server.pause();
      wait_for(fault.lasts);
      server.resume();
      break;
    default:
      victims_.relay->delay(fault.settings.delay);
      wait_for(fault.lasts);
      victims_.relay->delay(0ms);
  }
}

void meddler::fill_disk(disturbance& happening) {
  const auto& fault = happening.fault;
  if (victims_.postgresql == nullptr) {
    limit_for(RLIMIT_FSIZE, file_bytes_when_full, fault.lasts);
    return;
  }
  if (!victims_.postgresql->fill_disk()) {
    happening.failure = "no disk can be mounted here";
    happening.is_excused = true;
    return;
  }
  wait_for(fault.lasts);
  victims_.postgresql->free_disk();
  // The server ends when its log has no room.
  victims_.postgresql->recover();
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

std::string meddler::call(disturbance& happening, const std::string& method,
                          const std::string& path, const std::string& body) const {
  victims_.server->wait_until_serving(call_patience);
  auto answer = send({.method = method,
                      .url = fmt::format("{}/api/v1/chaos{}", victims_.server->url(), path),
                      .key = victims_.server->key(),
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
  auto request = json::parse(fault.settings.request_json).as_object();
  // As the API takes it: a number that JSON has in all its readers.
  request["seed"] = fault.seed >> 12;
  request["expires_after_ms"] = std::max<std::int64_t>(fault.lasts.count(), 1);
  const auto made = call(happening, "POST", "/faults", json::serialize(request));
  wait_for(fault.lasts);
  if (made.empty())
    return;
  // It may have expired, or died with its process: the answer does not matter.
  disturbance ignored;
  const auto& id = json::parse(made).as_object().at("id");
  const auto text = id.is_string() ? std::string{id.as_string()} : json::serialize(id);
  call(ignored, "DELETE", fmt::format("/faults/{}", text));
}

void meddler::jump_clock(disturbance& happening) {
  const auto& fault = happening.fault;
  const auto set = [&](disturbance& noted, milliseconds offset) {
    return call(noted, "PUT", "/clock", fmt::format(R"({{"offset_ms":{}}})", offset.count()));
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
  call(ignored, "DELETE", "/faults");
  call(ignored, "PUT", "/clock", R"({"offset_ms":0})");
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
  if (victims_.relay != nullptr)
    victims_.relay->delay(0ms);
  victims_.server->resume();
  victims_.server->end_former();
  for (std::size_t index = 0; index < victims_.subscriptions.size(); ++index)
    victims_.receivers->behave(index, manner::plain);
  if (!victims_.server->wait_until_serving(serve_patience))
    left.emplace_back("Talaria does not serve");
  heal_injected();
  return left;
}

}  // namespace talaria::chaos
