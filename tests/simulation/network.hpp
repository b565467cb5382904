#pragma once

#include "delivery/engine.hpp"
#include "domain/time.hpp"
#include "tests/simulation/agenda.hpp"
#include "tests/simulation/dice.hpp"

#include "chaos/history.hpp"
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace talaria::simulation {

enum class receiver_mode : std::uint8_t { up, failing, refusing, hanging };

/// Receivers and the way to them: requests take time, are lost, or lose their answers. Writes down
/// what arrived, as receivers would before they answer.
class network {
public:
  /// Of a request, on its way to a receiver. Less than the shortest restart of an actor: nobody is
  /// overtaken by who came after.
  static constexpr std::chrono::milliseconds way_max{5};

  struct misfortune {
    double lost_before = 0;
    double lost_after = 0;
    double failed = 0;
  };

  network(agenda& events, dice& chance, std::function<domain::timestamp()> true_time);

  /// As `delivery::engine::send`. The completion is called from the agenda.
  void send(delivery::outbound_request request, delivery::engine::completion done);

  /// The URL of a subscription's receiver.
  static std::string url_of(const std::string& subscription);
  /// Which event a request is about.
  static std::string event_of(const delivery::outbound_request& request);
  /// The payload of a submission, which carries its number.
  static std::string payload_of(std::uint64_t number);

  void set_mode(const std::string& subscription, receiver_mode mode) {
    modes_[url_of(subscription)] = mode;
  }
  void set_misfortune(misfortune drawn) { misfortune_ = drawn; }
  void heal() {
    modes_.clear();
    misfortune_ = {};
  }

  const std::vector<chaos::reception>& receptions() const { return receptions_; }

private:
  using microseconds = std::chrono::microseconds;

  microseconds draw(microseconds from, microseconds to);
  receiver_mode mode_of(const std::string& url) const;
  void arrive(const delivery::outbound_request& request, delivery::engine::completion done);
  chaos::reception& write_down(const delivery::outbound_request& request, unsigned status);
  void answer_later(const delivery::engine::completion& done, microseconds wait,
                    std::uint16_t status, domain::attempt_error error);

  agenda& agenda_;
  dice& chance_;
  std::function<domain::timestamp()> true_time_;
  domain::timestamp started_;
  std::map<std::string, receiver_mode> modes_;
  misfortune misfortune_;
  std::vector<chaos::reception> receptions_;
};

}  // namespace talaria::simulation
