#include <sys/resource.h>

#include "chaos/meddler.hpp"

namespace talaria::chaos {

namespace {

using namespace std::chrono_literals;

/// What SQLite writes goes past it at once.
constexpr rlim_t file_bytes_when_full = 4096;
/// Long enough for many events to be acked.
constexpr auto forsaken = 1s;

}  // namespace

void meddler::disturb_store(disturbance& happening) {
  if (happening.fault.kind == fault_kind::disk_full)
    fill_disk(happening);
  else
    disturb_postgresql(happening.fault);
  note_end(happening);
  come_back();
}

void meddler::disturb_postgresql(const planned_fault& fault) {
  auto& server = *victims_.postgresql;
  switch (fault.kind) {
    case fault_kind::postgres_restart:
      server.stop(fault.settings.how);
      wait_for(fault.lasts);
      server.start();
      server.restore_standbys();
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
    case fault_kind::postgres_failover:
      fail_over(fault);
      break;
    default:
      victims_.nodes->delay_store(fault.settings.delay);
      wait_for(fault.lasts);
      victims_.nodes->delay_store(0ms);
  }
}

void meddler::fail_over(const planned_fault& fault) {
  auto& server = *victims_.postgresql;
  // A standby that does not follow lacks what was acked, and must not be promoted.
  server.recover();
  if (fault.settings.how == "asynchronous") {
    server.forsake_standbys();
    wait_for(forsaken);
  }
  server.fail_over();
  wait_for(fault.lasts);
  server.restore_standbys();
}

void meddler::fill_disk(disturbance& happening) {
  const auto& fault = happening.fault;
  if (victims_.postgresql == nullptr) {
    limit_for(first_of(fault), RLIMIT_FSIZE, file_bytes_when_full, fault.lasts);
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

}  // namespace talaria::chaos
