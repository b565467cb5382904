#pragma once

#include "actors/environment.hpp"
#include "actors/gateway.hpp"

namespace talaria::actors {

/// The gateway to the actors of this process.
class local_gateway final : public gateway {
public:
  /// Both must outlive it.
  local_gateway(environment& env, admission& admission) : env_(env), admission_(admission) {}

  void submit(submission submission) override;
  void catalog_changed() override;
  void deliveries_due(std::span<const domain::subscription_number> subscriptions) override;
  void delivery_cancelled(const domain::delivery_id& delivery) override;
  std::array<queue_activity, 3> queues() const override;
  node_load load() const override;
  void send_test(std::shared_ptr<const domain::subscription> subscription,
                 std::shared_ptr<const domain::event> event,
                 std::function<void(domain::attempt)> done) override;

private:
  environment& env_;
  admission& admission_;
};

}  // namespace talaria::actors
