#include "domain/event.hpp"
#include "domain/time.hpp"
#include "http/routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace talaria::http {
namespace {

namespace json = boost::json;

json::object describe(const persistence::queue_depth& depth, domain::timestamp now) {
  json::object shown{{"priority", to_string(depth.priority)},
                     {"pending", depth.pending},
                     {"oldest_due_at", nullptr},
                     {"oldest_age_ms", nullptr}};
  if (depth.oldest_due) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - *depth.oldest_due);
    shown["oldest_due_at"] = domain::to_rfc3339(*depth.oldest_due);
    shown["oldest_age_ms"] = std::max<std::int64_t>(age.count(), 0);
  }
  return shown;
}

}  // namespace

void add_queue_routes(operations& to, const route_context& context) {
  to.add_stored(
      "GET", "/api/v1/queues", access::read,
      [&context](const call&, store_sessions& sessions) -> answer {
        const auto depths = sessions.history->queue_depths();
        if (!depths) {
          return refuse(depths.error());
        }
        json::array data;
        for (const persistence::queue_depth& depth : *depths) {
          data.push_back(describe(depth, context.services.now()));
        }
        return json_response(200, json::serialize(json::object{{"data", std::move(data)}}));
      });
}

}  // namespace talaria::http
