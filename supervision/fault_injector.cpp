#include "supervision/fault_injector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace talaria::supervision {

using domain::ec;
using domain::fail;
using domain::result;

namespace {

/// Between two times that one fault tells that it acted.
constexpr std::chrono::seconds tell_interval{1};

}  // namespace

bool fault_injector::active_fault::draw() {
  // Not by a distribution of the library, which may draw otherwise in another version of it.
  constexpr double unit = 1.0 / static_cast<double>(std::uint64_t{1} << 53U);
  return static_cast<double>(random() >> 11U) * unit < shown.wanted.probability;
}

result<fault> fault_injector::add(fault_request wanted) {
  if (auto checked = check(wanted, options_.points); !checked)
    return tl::unexpected(checked.error());
  if (!wanted.seed)
    wanted.seed = options_.random_bits() & fault_limits::seed_max;
  const auto now = options_.steady_now();
  std::vector<news> told;
  std::unique_lock lock{mutex_};
  forget_expired(now, told);
  if (stopped_)
    return fail(ec::draining, "the process is stopping");
  if (faults_.size() >= fault_limits::faults_max)
    return fail(ec::quota_exceeded,
                fmt::format("there are {} faults: remove one first", fault_limits::faults_max));
  active_fault added{.shown = {.id = fmt::format("fault-{}", ++faults_added_),
                               .wanted = std::move(wanted),
                               .created_at = options_.now()},
                     .random = {},
                     .expires_at = now,
                     .told_at = std::nullopt};
  added.random.seed(*added.shown.wanted.seed);
  added.expires_at += added.shown.wanted.expires_after;
  told.push_back({added.shown, fault_news::added});
  const auto point =
      std::ranges::find(options_.points, added.shown.wanted.point, &fault_point::name);
  auto shown = added.shown;
  if (!point->at_once) {
    faults_.push_back(std::move(added));
    faults_changed();
  }
  lock.unlock();
  tell(told);
  return point->at_once ? kill_at_once(std::move(added), now) : shown;
}

fault fault_injector::kill_at_once(active_fault added, time_point now) {
  std::vector<news> told;
  options_.kill_actors([&](const fault_place& place) {
    if (!is_meant(added.shown.wanted.target, place) || added.shown.is_spent())
      return false;
    ++added.shown.hits;
    if (!added.draw())
      return false;
    fire(added, now, told);
    return true;
  });
  if (added.shown.fired > 0)
    tell({{added.shown, fault_news::fired}});
  return added.shown;
}

bool fault_injector::remove(std::string_view id) {
  std::vector<news> told;
  {
    const std::lock_guard lock{mutex_};
    forget_expired(options_.steady_now(), told);
    const auto found = std::ranges::find(
        faults_, id,
        [](const active_fault& active) -> std::string_view { return active.shown.id; });
    if (found != faults_.end()) {
      told.push_back({found->shown, fault_news::removed});
      faults_.erase(found);
      faults_changed();
    }
  }
  tell(told);
  return !told.empty() && told.back().kind == fault_news::removed;
}

void fault_injector::remove_all() {
  std::vector<news> told;
  {
    const std::lock_guard lock{mutex_};
    for (auto& active : std::exchange(faults_, {}))
      told.push_back({std::move(active.shown), fault_news::removed});
    faults_changed();
  }
  tell(told);
}

void fault_injector::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  remove_all();
}

std::vector<fault> fault_injector::list() {
  std::vector<news> told;
  std::vector<fault> shown;
  {
    const std::lock_guard lock{mutex_};
    forget_expired(options_.steady_now(), told);
    for (const auto& active : faults_)
      shown.push_back(active.shown);
  }
  tell(told);
  return shown;
}

bool fault_injector::act(std::string_view point, const fault_place& place) {
  const auto injected = decide(point, place);
  if (!injected)
    return false;
  switch (injected->action) {
    case fault_action::throw_exception:
      throw injected_failure(fmt::format("{} at {}", injected->id, point));
    case fault_action::kill:
      throw injected_kill(fmt::format("killed by {} at {}", injected->id, point));
    case fault_action::delay:
    case fault_action::hang:
      wait_out(*injected);
      return false;
    case fault_action::fail:
      return true;
    case fault_action::exit:
      break;
  }
  return false;
}

std::optional<injected_fault> fault_injector::decide(std::string_view point,
                                                     const fault_place& place) {
  const auto now = options_.steady_now();
  std::vector<news> told;
  std::optional<injected_fault> injected;
  {
    const std::lock_guard lock{mutex_};
    forget_expired(now, told);
    for (auto& active : faults_) {
      const auto& wanted = active.shown.wanted;
      if (wanted.point != point || active.shown.is_spent() || !is_meant(wanted.target, place))
        continue;
      ++active.shown.hits;
      if (!active.draw())
        continue;
      injected = fire(active, now, told);
      faults_changed();
      break;
    }
  }
  tell(told);
  if (injected && injected->action == fault_action::exit)
    options_.exit_process();
  return injected;
}

void fault_injector::wait_out(const injected_fault& injected) {
  std::unique_lock lock{mutex_};
  while (is_active(injected.id) && options_.steady_now() < injected.until)
    options_.wait(changed_, lock, injected.until);
}

void fault_injector::forget_expired(time_point now, std::vector<news>& told) {
  const auto forgotten = std::erase_if(faults_, [&](const active_fault& active) {
    if (active.expires_at > now)
      return false;
    told.push_back({active.shown, fault_news::expired});
    return true;
  });
  if (forgotten > 0)
    faults_changed();
}

injected_fault fault_injector::fire(active_fault& firing, time_point now, std::vector<news>& told) {
  auto& shown = firing.shown;
  ++shown.fired;
  fired_total_.fetch_add(1, std::memory_order_relaxed);
  if (!firing.told_at || now - *firing.told_at >= tell_interval) {
    firing.told_at = now;
    told.push_back({shown, fault_news::fired});
  }
  const bool is_delay = shown.wanted.action == fault_action::delay;
  const auto until =
      is_delay ? std::min(now + *shown.wanted.delay, firing.expires_at) : firing.expires_at;
  return {.id = shown.id, .action = shown.wanted.action, .until = until};
}

bool fault_injector::is_active(std::string_view id) const {
  return std::ranges::any_of(faults_,
                             [&](const active_fault& active) { return active.shown.id == id; });
}

void fault_injector::faults_changed() {
  armed_ = std::ranges::any_of(faults_,
                               [](const active_fault& active) { return !active.shown.is_spent(); });
  changed_.notify_all();
}

void fault_injector::tell(const std::vector<news>& told) const {
  if (!options_.tell)
    return;
  for (const auto& [about, kind] : told)
    options_.tell(about, kind);
}

}  // namespace talaria::supervision
