#pragma once

#include "delivery/address_guard.hpp"
#include "delivery/outbound.hpp"
#include "domain/url.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace talaria::delivery {

/// A place among the requests under way; it is free again when this is destroyed.
class in_flight_place {
public:
  in_flight_place() = default;

  /// @returns nothing if `most` places are taken. `taken` must outlive the place.
  static std::optional<in_flight_place> take(std::atomic<std::size_t>& taken, std::size_t most) {
    if (taken.fetch_add(1) >= most) {
      taken.fetch_sub(1);
      return std::nullopt;
    }
    return in_flight_place(&taken);
  }

private:
  struct give_back {
    void operator()(std::atomic<std::size_t>* taken) const { taken->fetch_sub(1); }
  };
  explicit in_flight_place(std::atomic<std::size_t>* taken) : taken_(taken) {}

  std::unique_ptr<std::atomic<std::size_t>, give_back> taken_;
};

/// A request from `engine::send` to its completion. It has one owner at a time: that is what makes
/// its completion happen exactly once.
struct request_in_flight {
  using clock = std::chrono::steady_clock;

  outbound_request request;
  domain::webhook_url target;
  std::function<void(outbound_response)> done;
  in_flight_place place;
  clock::time_point started_at;
  clock::time_point deadline;
  /// Where it may be connected to, in the resolver's order: the target's own that the policy
  /// allows, or those of the proxy.
  std::vector<ip_address> addresses;
  /// What is left to be resolved is the name of the proxy.
  bool target_allowed = false;
  std::size_t addresses_tried = 0;

  /// @pre not called before
  void complete(outbound_response response) {
    response.duration =
        std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - started_at);
    // Given back first, as `done` may send the next request at once.
    place = {};
    std::exchange(done, nullptr)(std::move(response));
  }

  void fail(domain::attempt_error error) {
    outbound_response response;
    response.error = error;
    complete(std::move(response));
  }
};

}  // namespace talaria::delivery
