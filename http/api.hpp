#pragma once

#include "actors/store_metrics.hpp"
#include "http/actor_watch.hpp"
#include "http/application_finder.hpp"
#include "http/authenticator.hpp"
#include "http/cursor.hpp"
#include "http/executor.hpp"
#include "http/key_watch.hpp"
#include "http/metrics.hpp"
#include "http/operation.hpp"
#include "http/request_handler.hpp"
#include "http/router.hpp"
#include "http/routes.hpp"
#include "http/scraper.hpp"
#include "http/services.hpp"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace talaria::http {

struct api_options {
  executor_options store_threads;
  authenticator_options authentication;
  std::string cursor_key;
  std::function<connection_counts()> connections;
};

/// Takes each request on its way: route, media type, key, scope, operation. What may block, looking
/// up a key that is not remembered or anything else in the store, leaves the worker's thread.
class api final : public request_handler, private operations {
public:
  api(api_options options, const http::services& services);

  tl::expected<std::size_t, problem> admit(request& request) override;
  void handle(responder responder) override;
  void answered(const exchange_ticket& ticket, unsigned status,
                std::chrono::nanoseconds took) override;

  /// Starts to look for changes of keys.
  void start() { key_watch_.start(); }

  /// Ends the threads of operations; those that wait are answered 503.
  void stop();

  const router& routes() const { return router_; }

private:
  struct creation_operation {
    stored_operation create;
    created_lookup find;
  };
  struct operation {
    access needed;
    std::variant<direct_operation, stored_operation, creation_operation, late_stored_operation> run;
  };

  void add(std::string method, std::string pattern, access needed, direct_operation operation,
           std::size_t body_bytes_max) override;
  void add_stored(std::string method, std::string pattern, access needed,
                  stored_operation operation) override;
  void add_creation(std::string method, std::string pattern, access needed, stored_operation create,
                    created_lookup find) override;
  void add_late_stored(std::string method, std::string pattern, access needed,
                       late_stored_operation operation) override;
  void add_operation(std::string method, std::string pattern, std::size_t body_bytes_max,
                     operation operation);

  void authenticate(const operation& operation, const responder& responder);
  /// Passes the answer on, counted as one that took this long.
  void authenticated(const operation& operation, const responder& responder,
                     const domain::result<principal>& who, key_check check, steady_time began_at);
  void authorize(const operation& operation, const responder& responder,
                 const domain::result<principal>& who);
  void run(const operation& operation, call call);
  void run_in_store(const operation& operation, const call& call, store_sessions& sessions);
  bool post_to_store(std::function<void(store_sessions&)> task);

  const http::services& services_;
  router router_;
  std::vector<operation> operations_;
  http_metrics metrics_;
  actors::store_metrics store_metrics_;
  application_finder applications_;
  cursor_codec cursors_;
  event_type_registry event_types_;
  organization_limiter request_limiter_{
      std::chrono::minutes{1}, "requests a minute",
      services_.now,           metrics_,
      services_.usage,         cluster::usage_board::kind::requests};
  organization_limiter event_limiter_{std::chrono::seconds{1}, "events a second",
                                      services_.now,           metrics_,
                                      services_.usage,         cluster::usage_board::kind::events};
  backlog_quota backlog_;
  authenticator authenticator_;
  key_watch key_watch_;
  actor_watch actor_watch_;
  route_context context_;
  executor<store_sessions> store_;
  /// Apart: when the store's threads are all taken, operators want to see it.
  executor<scraper> scrapes_;
};

}  // namespace talaria::http
