#pragma once

#include "domain/id.hpp"
#include "domain/limits.hpp"
#include "domain/tenancy.hpp"
#include "http/authenticator.hpp"
#include "http/exchange.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/response.hpp"
#include "persistence/store.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::http {

/// What the sender of a request must be allowed to do.
enum class access {
  open,
  ingest,
  read,
  manage,
  admin,
  /// `read` and `admin`, of the organization that runs the installation, with a key bound to no
  /// application.
  observe,
  operate
};

/// A request whose sender is known.
struct call {
  http::responder responder;
  /// Empty for open operations.
  principal who;

  const http::request& request() const { return responder.request(); }

  /// What the sender may see.
  persistence::tenant tenant() const { return {who.organization, who.application}; }
};

/// One thread's way into the store.
struct store_sessions {
  persistence::store* store = nullptr;
  std::unique_ptr<persistence::catalog> catalog;
  std::unique_ptr<persistence::tenants> tenants;
  std::unique_ptr<persistence::event_types> event_types;
  std::unique_ptr<persistence::history> history;
  std::unique_ptr<persistence::recoveries> recoveries;
  std::unique_ptr<persistence::request_log> request_log;
  /// Null if no other node can share the store.
  std::unique_ptr<persistence::membership> membership;
  /// What the next change takes with it.
  persistence::write_note note;

  void annotate(persistence::write_note next);

  /// To be called before the change that creates something.
  void will_create(const domain::uuid& resource);
};

store_sessions open_sessions(persistence::store& store);

using answer = tl::expected<response, problem>;

inline tl::unexpected<problem> refuse(const domain::error& error) {
  return tl::unexpected(to_problem(error));
}
inline tl::unexpected<problem> refuse(domain::ec code, std::string detail, std::string field = {}) {
  return refuse(domain::error{code, std::move(detail), std::move(field)});
}

/// Runs on the thread that read the request: must not block.
using direct_operation = std::function<void(call)>;
/// Runs on a thread that may block.
using stored_operation = std::function<answer(const call&, store_sessions&)>;
/// Shows what was created before, as if it had been now.
using created_lookup = std::function<answer(const call&, store_sessions&, const domain::uuid&)>;
/// As `stored_operation`, and answers by itself, maybe later.
using late_stored_operation = std::function<void(call, store_sessions&)>;

/// Runs a task on a thread that may block. @returns false, not having it run, if too many wait.
using store_poster = std::function<bool(std::function<void(store_sessions&)>)>;

/// Where the routes files say what there is.
class operations {
public:
  virtual ~operations() = default;

  virtual void add(std::string method, std::string pattern, access needed,
                   direct_operation operation,
                   std::size_t body_bytes_max = domain::limits::management_body_bytes_max) = 0;
  virtual void add_stored(std::string method, std::string pattern, access needed,
                          stored_operation operation) = 0;
  /// One that creates something, which may be repeated under an idempotency key.
  virtual void add_creation(std::string method, std::string pattern, access needed,
                            stored_operation create, created_lookup find) = 0;
  virtual void add_late_stored(std::string method, std::string pattern, access needed,
                               late_stored_operation operation) = 0;
};

/// The id in a path's parameter. One that cannot be an id is that of nothing: 404.
template <class Id>
domain::result<Id> path_id(const request& request, std::string_view parameter = "id") {
  const auto parsed = domain::parse_uuid(request.parameter(parameter));
  if (!parsed) {
    return domain::fail(domain::ec::not_found, "There is no such resource.");
  }
  return Id{*parsed};
}

}  // namespace talaria::http
