#include "app/chaos.hpp"

#include "actors/fault_points.hpp"
#include "supervision/kill_actors.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <random>
#include <utility>

namespace talaria::app {

namespace {

using domain::ec;
using domain::fail;
using domain::result;
using supervision::fault;
using supervision::fault_news;

constexpr auto exit_setting = "chaos.exit_at_point";
/// What a shell reports of a process that was ended by SIGKILL.
constexpr int exit_killed = 137;

supervision::fault_request exit_fault(const configuration& settings) {
  return {.point = settings.chaos_exit_at_point,
          .action = supervision::fault_action::exit,
          .expires_after = supervision::fault_limits::expires_after_max};
}

std::string describe(const fault& about) {
  const auto& wanted = about.wanted;
  std::string text = fmt::format("{} ({} at {}", about.id, to_string(wanted.action), wanted.point);
  for (const auto& aim : {wanted.target.path, wanted.target.kind, wanted.target.host}) {
    if (!aim.empty())
      text += fmt::format(" of {}", aim);
  }
  return text + fmt::format(", probability {}, seed {})", wanted.probability, *wanted.seed);
}

void log(const fault& about, fault_news news) {
  switch (news) {
    case fault_news::added:
      return spdlog::warn("chaos: added {}", describe(about));
    case fault_news::removed:
      return spdlog::warn("chaos: removed {}, which acted {} times", about.id, about.fired);
    case fault_news::expired:
      return spdlog::warn("chaos: {} expired, having acted {} times", about.id, about.fired);
    case fault_news::fired:
      break;
  }
  spdlog::warn("chaos: {} acts, for the {}. time", describe(about), about.fired);
}

std::uint64_t random_bits() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace

result<void> check_chaos(const configuration& settings) {
  if (settings.chaos_exit_at_point.empty())
    return {};
  if (!settings.chaos_enabled)
    return fail(ec::missing_field, fmt::format("chaos.enabled is needed with {}", exit_setting),
                "chaos.enabled");
  const auto checked = check(exit_fault(settings), actors::fault_points::all());
  if (!checked)
    return fail(ec::invalid_value, fmt::format("{}: {}", exit_setting, checked.error().detail),
                exit_setting);
  return {};
}

std::unique_ptr<chaos> chaos::start(const configuration& settings,
                                    std::function<domain::timestamp()> now) {
  if (!settings.chaos_enabled)
    return nullptr;
  spdlog::warn("chaos: faults may be injected into this process (chaos.enabled)");
  std::unique_ptr<chaos> started{new chaos{std::move(now)}};
  if (!settings.chaos_exit_at_point.empty())
    (void)started->faults_.add(exit_fault(settings));
  return started;
}

chaos::chaos(std::function<domain::timestamp()> now)
    : now_(std::move(now)),
      faults_({.points = actors::fault_points::all(),
               .now = now_,
               .random_bits = random_bits,
               .exit_process = [] { _exit(exit_killed); },
               .kill_actors =
                   [this](const auto& is_chosen) {
                     if (actors_ != nullptr)
                       supervision::kill_actors(*actors_, is_chosen);
                   },
               .tell = log}) {
}

}  // namespace talaria::app
