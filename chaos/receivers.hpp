#pragma once

#include "delivery/system_calls.hpp"

#include "chaos/ledger.hpp"
#include "chaos/receiver_script.hpp"
#include "chaos/run_clock.hpp"
#include "chaos/scenario.hpp"
#include "chaos/webhook_reader.hpp"
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace talaria::chaos {

/// A receiver for each subscription, on a port of its own of 127.0.0.1, which answers as it is told
/// and writes every request down before.
///
/// One thread serves them all. The requests that are there at once are written to the ledger
/// together, and answered when that is on the disk. Other methods are thread-safe.
class receivers {
public:
  struct options {
    std::vector<subscription_plan> subscriptions;
    std::filesystem::path ledger;
    std::uint64_t seed = 0;
    /// Of each payload, as `payload_of` takes it.
    std::uint32_t payload_bytes = 0;
  };

  /// @throws std::system_error if the system refuses what is needed.
  receivers(options options, const run_clock& clock);
  receivers(const receivers&) = delete;
  receivers& operator=(const receivers&) = delete;
  ~receivers();

  /// @param index Of the subscription.
  std::string url(std::size_t index) const;
  /// From the next request on; those that wait for an answer lose their connection.
  void behave(std::size_t index, manner how);

  /// Under the names of the subscriptions.
  std::vector<reception> seen() const;
  /// Empty, or why it ended.
  std::string failure() const;

private:
  struct listener {
    delivery::loopback_listener at;
    std::atomic<manner> how{manner::plain};
  };
  struct connection {
    delivery::file_descriptor socket;
    /// Tells it from a later one with the same descriptor.
    std::uint64_t number = 0;
    std::size_t listener = 0;
    webhook_reader reader;
    std::string unsent;
    bool drips = false;
    bool stalls = false;
    bool closes = false;
  };
  struct waiting_answer {
    int descriptor = -1;
    std::uint64_t connection = 0;
    scripted_answer answer;
  };

  void run();
  void serve_events();
  void serve_ready();
  void accept_all(std::size_t index);
  bool serve(connection& client, std::uint32_t events);
  bool read(connection& client);
  void take(const connection& client, const webhook& request);
  void write_down();
  void send_answers();
  bool send_answer(connection& client, const scripted_answer& answer);
  bool write(connection& client);
  void drip();
  void end_stalls();

  const options options_;
  const run_clock& clock_;
  ledger ledger_;
  std::vector<std::unique_ptr<listener>> listeners_;
  delivery::file_descriptor epoll_;
  delivery::file_descriptor wake_;
  std::unordered_map<int, connection> connections_;
  std::uint64_t connections_made_ = 0;
  moment next_drip_{};
  std::vector<reception> fresh_;
  std::vector<waiting_answer> answers_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> changed_{false};
  mutable std::mutex mutex_;
  std::vector<reception> seen_;
  std::string failure_;
  std::thread thread_;
};

}  // namespace talaria::chaos
