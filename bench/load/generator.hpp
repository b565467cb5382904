#pragma once

#include "bench/load/connection.hpp"
#include "bench/load/load_options.hpp"
#include "bench/load/load_report.hpp"
#include "bench/load/pacer.hpp"
#include "bench/load/request_builder.hpp"
#include "bench/load/run_load.hpp"
#include "bench/load/target.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace talaria::load {

/// One run: an event loop over all clients' connections.
///
/// A client whose connection breaks opens a new one if the former was ever answered, so each
/// reconnection follows an answer and their number is bounded. Used once, on one thread.
class generator {
public:
  using time = std::chrono::steady_clock::time_point;
  using listener = std::function<void(const load_progress&)>;

  /// @throws std::system_error if the system refuses what an event loop needs.
  generator(const load_options& options, target where);

  /// @returns `ec::store_unavailable` if no client could connect.
  domain::result<load_report> run(const listener& progress);

private:
  /// @returns whether any client is connected.
  bool connect_all();
  void wait_for_events(std::chrono::nanoseconds longest);
  void take_change(connection& client, connection::change change);
  void count_answer(const connection& client);
  void replace(connection& client);
  void reopen(connection& client);
  load_report finish();

  /// Starts what may start now, on clients that are idle.
  void start_requests();
  bool is_over(time now) const;
  /// When the next request is due, if one may start at all.
  std::optional<time> next_start(time now) const;
  void start(connection& client, time due);
  std::chrono::nanoseconds time_to_wait() const;
  void set_wake_up(time due) const;

  void look_after_all(time now, const listener& progress);
  void give_up_overdue(time now);
  void report_progress(time now, const listener& progress);

  const load_options& options_;
  const target where_;
  request_builder requests_;
  delivery::file_descriptor epoll_;
  /// A timer, as the epoll's own timeout counts in milliseconds.
  delivery::file_descriptor wake_up_;
  std::vector<connection> clients_;
  /// Those that wait for their next request, the longest waiting first.
  std::deque<connection*> idle_;
  std::size_t busy_ = 0;
  std::size_t open_ = 0;

  bool running_ = false;
  time started_at_;
  time ends_at_;
  time last_answer_at_;
  std::optional<pacer> pacer_;
  std::uint64_t events_submitted_ = 0;
  load_report report_;

  time next_look_;
  time next_progress_;
  time last_progress_;
  std::uint64_t accepted_at_last_progress_ = 0;
};

}  // namespace talaria::load
