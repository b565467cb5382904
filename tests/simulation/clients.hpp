#pragma once

#include "actors/gateway.hpp"
#include "domain/time.hpp"
#include "tests/simulation/agenda.hpp"
#include "tests/simulation/dice.hpp"

#include "chaos/history.hpp"
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace talaria::simulation {

/// Whoever submits: single events and batches, some of which repeat under their key what was not
/// answered, until it is.
class clients {
public:
  struct surroundings {
    std::function<domain::timestamp()> true_time;
    /// To a process that is up; returns false if there is none.
    std::function<bool(actors::submission)> submit;
    /// Who wants events of a type now.
    std::function<std::vector<std::string>(const std::string& type)> wanted_by;
  };

  clients(agenda& events, dice& chance, surroundings around);

  /// @param keyed How likely it is tried again.
  void submit_something(double keyed);

  /// Of what is not acked yet, nobody knows whether a subscription that appears or goes now wants
  /// it.
  void subscription_changed(const std::string& subscription);

  /// Whether nobody tries any more.
  bool at_rest() const { return trying_ == 0; }

  /// @param has_delivery Whether the store knows an event for a subscription.
  std::vector<chaos::submission> submissions(
      const std::function<bool(const std::string& event, const std::string& subscription)>&
          has_delivery) const;

private:
  struct sent {
    chaos::submission seen;
    std::string type;
    std::set<std::string> doubtful{};
  };
  struct request {
    /// Indexes of what was sent.
    std::vector<std::size_t> events;
    bool keyed = false;
    bool answered = false;
    std::size_t tries = 0;
  };

  void attempt(std::size_t request);
  actors::submission compose(std::size_t request);
  void take_answer(std::size_t request, const domain::result<actors::submission_answer>& answer);
  void try_again(std::size_t request);
  chaos::moment moment_now() const;

  agenda& agenda_;
  dice& chance_;
  surroundings around_;
  domain::timestamp started_;
  std::vector<sent> sent_;
  std::vector<request> requests_;
  std::size_t trying_ = 0;
};

}  // namespace talaria::simulation
