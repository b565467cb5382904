#include "domain/json_fields.hpp"
#include "http/fault_rendering.hpp"
#include "http/json_reader.hpp"
#include "http/routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/spdlog.h>

#include <functional>
#include <utility>

namespace talaria::http {
namespace {

using domain::ec;
using domain::result;
using supervision::fault_injector;
namespace json = boost::json;
namespace limits = supervision::fault_limits;

problem disabled() {
  return protocol_problem(403, "chaos_disabled",
                          "No faults may be injected: chaos.enabled is off in the configuration.");
}

answer show_all(const call&, fault_injector& faults) {
  json::array points;
  for (const supervision::fault_point& point : faults.points()) {
    points.push_back(describe(point));
  }
  json::array active;
  for (const supervision::fault& fault : faults.list()) {
    active.push_back(describe(fault));
  }
  return json_response(
      200, json::serialize(json::object{{"enabled", true},
                                        {"clock_offset_ms", faults.clock_offset().count()},
                                        {"points", std::move(points)},
                                        {"faults", std::move(active)}}));
}

answer add_fault(const call& call, fault_injector& faults) {
  const auto added = parse_json_object(call.request().body)
                         .and_then(read_fault)
                         .and_then([&](supervision::fault_request wanted) {
                           return faults.add(std::move(wanted));
                         });
  if (!added) {
    return refuse(added.error());
  }
  return json_response(201, json::serialize(describe(*added)));
}

answer remove_fault(const call& call, fault_injector& faults) {
  if (!faults.remove(call.request().parameter("id"))) {
    return refuse(ec::not_found, "There is no such fault.");
  }
  return no_content_response();
}

answer remove_faults(const call&, fault_injector& faults) {
  faults.remove_all();
  return no_content_response();
}

result<std::chrono::milliseconds> read_offset(const json::object& body) {
  constexpr std::string_view name = "offset_ms";
  for (const auto& member : body) {
    if (member.key() != name) {
      return domain::fail(ec::unknown_field, "The clock has no field of this name.",
                          domain::pointer(domain::escaped(member.key())));
    }
  }
  const auto found = body.find(name);
  if (found == body.end()) {
    return domain::fail(ec::missing_field, "offset_ms is required.", domain::pointer(name));
  }
  const auto max = limits::clock_offset_max.count();
  return domain::read_integer(found->value(), name, -max, max).map([](std::int64_t offset) {
    return std::chrono::milliseconds(offset);
  });
}

answer shift_clock(const call& call, fault_injector& faults) {
  const auto offset = parse_json_object(call.request().body).and_then(read_offset);
  if (!offset) {
    return refuse(offset.error());
  }
  faults.shift_clock(*offset);
  spdlog::warn("chaos: the clock is shifted by {} ms", offset->count());
  return json_response(200, json::serialize(json::object{{"offset_ms", offset->count()}}));
}

using chaos_operation = std::function<answer(const call&, fault_injector&)>;

/// By whom is in the log, where all that is done to faults is: the audit log is written with
/// changes of the store, which may be what a fault is about to break.
void log_change(const call& call) {
  const request& request = call.request();
  if (request.route->method != "GET") {
    spdlog::warn("chaos: {} {} with the key {} ({})", request.route->method, request.path,
                 to_string(call.who.key), call.who.key_name);
  }
}

}  // namespace

void add_chaos_routes(operations& to, const route_context& context) {
  const auto add = [&](std::string method, std::string pattern, chaos_operation operation) {
    // Nothing here may wait for the store, lest a fault keeps from being removed.
    to.add(std::move(method), std::move(pattern), access::operate,
           [&context, operation = std::move(operation)](const call& call) {
             fault_injector* faults = context.services.faults;
             if (faults == nullptr) {
               return call.responder.send(disabled());
             }
             log_change(call);
             const answer made = operation(call, *faults);
             made ? call.responder.send(*made) : call.responder.send(made.error());
           });
  };
  add("GET", "/api/v1/chaos", show_all);
  add("POST", "/api/v1/chaos/faults", add_fault);
  add("DELETE", "/api/v1/chaos/faults", remove_faults);
  add("DELETE", "/api/v1/chaos/faults/{id}", remove_fault);
  add("PUT", "/api/v1/chaos/clock", shift_clock);
}

}  // namespace talaria::http
