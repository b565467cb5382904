#include "domain/limits.hpp"
#include "domain/time.hpp"
#include "http/event_decoder.hpp"
#include "http/routes.hpp"
#include "http/trace_headers.hpp"

#include <algorithm>
#include <memory>

namespace talaria::http {
namespace {

using domain::ec;
using domain::result;

/// A larger one takes milliseconds to read, which other connections of the worker would wait for.
constexpr std::size_t direct_batch_bytes_max = 256 * 1024;

using submission_result = domain::result<actors::submission_answer>;

domain::error idempotency_conflict() {
  return {ec::idempotency_conflict, "The idempotency key was used before with another body.",
          "/idempotency_key"};
}

domain::error too_many_waiting() {
  return {ec::overloaded, "Too many requests wait for the store at this moment.", ""};
}

/// The whole request is of one trace.
void add_trace(const request& request, std::vector<decoded_event>& events) {
  const auto trace = find_trace(request);
  for (decoded_event& event : events) {
    event.draft.event->trace = trace;
  }
}

std::string boolean_text(bool value) {
  return value ? "true" : "false";
}

/// Built by hand: every submitted event gets one, and nothing in it needs escaping.
response accepted_event(const actors::submission_answer& answer, std::string_view event_type) {
  const persistence::appended_event& stored = answer.events.front();
  std::string body;
  body.reserve(192);
  body.append(R"({"id":")").append(to_string(stored.id));
  body.append(R"(","event_type":")").append(event_type);
  body.append(R"(","received_at":")").append(domain::to_rfc3339(answer.received_at));
  body.append(R"(","duplicate":)").append(boolean_text(stored.duplicate)).append("}");
  return json_response(202, std::move(body));
}

response accepted_batch(const actors::submission_answer& answer) {
  const auto duplicates =
      std::count_if(answer.events.begin(), answer.events.end(),
                    [](const persistence::appended_event& stored) { return stored.duplicate; });
  std::string body;
  body.reserve(64 + answer.events.size() * 72);
  body += R"({"accepted":)" + std::to_string(answer.events.size() - duplicates) +
          R"(,"duplicates":)" + std::to_string(duplicates) + R"(,"events":[)";
  for (const persistence::appended_event& stored : answer.events) {
    body += body.back() == '[' ? "" : ",";
    body.append(R"({"id":")").append(to_string(stored.id));
    body.append(R"(","duplicate":)").append(boolean_text(stored.duplicate)).append("}");
  }
  body += "]}";
  return json_response(202, std::move(body));
}

problem batch_conflict(const std::vector<std::size_t>& conflicts) {
  problem made = to_problem(
      {ec::idempotency_conflict, "An idempotency key was used before with another body.", ""});
  std::vector<batch_fault> faults;
  for (const std::size_t index : conflicts) {
    faults.push_back({index, idempotency_conflict()});
  }
  made.errors = to_json(faults);
  return made;
}

problem invalid_batch(const std::vector<batch_fault>& faults) {
  problem made = to_problem(
      {ec::invalid_value,
       std::to_string(faults.size()) + " of the events are invalid; none was stored.", "/events"});
  made.errors = to_json(faults);
  return made;
}

/// What events are measured by.
struct demands {
  /// Of the application of each event.
  std::vector<event_type_registry::rules> rules;
  backlog_quota::verdict backlog = backlog_quota::verdict::unknown;
};

domain::error backlog_full() {
  return {ec::quota_exceeded, "The organization has as many deliveries pending as it may have.",
          ""};
}

/// The organization whose backlog is to be counted, if it has a quota.
std::optional<domain::organization_id> quota_holder(const principal& who) {
  return who.limits.pending_deliveries_max.value_or(0) == 0 ? std::nullopt
                                                            : std::optional(who.organization);
}

/// Carries a submission from its decoding to its answer.
class submitter {
public:
  explicit submitter(const route_context& context) : context_(context) {}

  void submit_event(const call& call) const {
    const request& request = call.request();
    if (request.header_count("Idempotency-Key") > 1) {
      call.responder.send(protocol_problem(400, "malformed_request",
                                           "The request has two Idempotency-Key headers."));
      return;
    }
    auto decoded = decode_event(request.body, request.header("Idempotency-Key"));
    if (!decoded) {
      call.responder.send(decoded.error());
      return;
    }
    std::vector<decoded_event> events;
    events.push_back(std::move(*decoded));
    add_trace(request, events);
    resolve(call, std::move(events), false);
  }

  void submit_batch(const call& call) const {
    if (call.request().body.size() <= direct_batch_bytes_max) {
      return decode_and_submit_batch(call);
    }
    const bool accepted =
        context_.post_to_store([this, call](store_sessions&) { decode_and_submit_batch(call); });
    if (!accepted) {
      call.responder.send(too_many_waiting());
    }
  }

private:
  void decode_and_submit_batch(const call& call) const {
    if (call.request().header("Idempotency-Key")) {
      call.responder.send(domain::error{ec::invalid_value,
                                        "In a batch each event has its own idempotency_key.", ""});
      return;
    }
    auto decoded = decode_batch(call.request().body);
    if (!decoded) {
      call.responder.send(decoded.error());
    } else if (!decoded->faults.empty()) {
      call.responder.send(invalid_batch(decoded->faults));
    } else {
      add_trace(call.request(), decoded->events);
      resolve(call, std::move(decoded->events), true);
    }
  }

  /// Finds out what the events are measured by, at once if all of it is remembered.
  void resolve(const call& call, std::vector<decoded_event> events, bool is_batch) const {
    if (const auto limited = context_.event_limiter.admit(
            call.responder, call.who.organization, call.who.limits.events_per_second,
            static_cast<std::uint32_t>(events.size()))) {
      return call.responder.send(*limited);
    }
    // The answer waits for a commit; the bytes of the request need not.
    call.responder.release_request();
    demands found;
    if (look_up_remembered(call.who, events, found)) {
      return check_and_send(call, std::move(events), is_batch, found);
    }
    const auto shared = std::make_shared<std::vector<decoded_event>>(std::move(events));
    const bool accepted =
        context_.post_to_store([this, call, shared, is_batch](store_sessions& sessions) {
          resolve_in_store(call, *shared, is_batch, sessions);
        });
    if (!accepted) {
      call.responder.send(too_many_waiting());
    }
  }

  /// @returns whether the store need not be asked, nor a payload be checked at length.
  bool look_up_remembered(const principal& who, std::vector<decoded_event>& events,
                          demands& found) const {
    found.backlog = ask_backlog(who);
    return found.backlog != backlog_quota::verdict::unknown &&
           std::all_of(events.begin(), events.end(), [&](decoded_event& event) {
             const auto known = context_.applications.find_remembered(who, event.application);
             if (!known || !*known) {
               return false;
             }
             domain::event& drafted = *event.draft.event;
             drafted.application = **known;
             found.rules.push_back(context_.event_types.find_remembered(drafted.application));
             const auto& rules = found.rules.back();
             return rules != nullptr && !rules->is_costly(drafted);
           });
  }

  backlog_quota::verdict ask_backlog(const principal& who) const {
    const std::uint32_t quota = who.limits.pending_deliveries_max.value_or(0);
    return quota == 0 ? backlog_quota::verdict::room
                      : context_.backlog.ask(who.organization, quota, context_.services.now());
  }

  /// As `ask_backlog`, and counts if that is needed to know.
  result<backlog_quota::verdict> count_backlog(const principal& who,
                                               persistence::history& history) const {
    const auto known = ask_backlog(who);
    if (known != backlog_quota::verdict::unknown) {
      return known;
    }
    const std::uint32_t quota = *who.limits.pending_deliveries_max;
    const auto pending = history.count_pending(who.organization, quota);
    if (!pending) {
      return tl::unexpected(pending.error());
    }
    context_.backlog.counted(who.organization, *pending, context_.services.now());
    return *pending < quota ? backlog_quota::verdict::room : backlog_quota::verdict::full;
  }

  result<event_type_registry::rules> resolve_in_store(const principal& who, decoded_event& event,
                                                      store_sessions& sessions) const {
    const auto application = context_.applications.find(who, event.application,
                                                        application_use::submit, *sessions.catalog);
    if (!application) {
      return tl::unexpected(application.error());
    }
    event.draft.event->application = *application;
    return context_.event_types.find(*application, *sessions.event_types);
  }

  void resolve_in_store(const call& call, std::vector<decoded_event>& events, bool is_batch,
                        store_sessions& sessions) const {
    demands found;
    std::vector<batch_fault> faults;
    for (std::size_t index = 0; index < events.size(); ++index) {
      const auto rules = resolve_in_store(call.who, events[index], sessions);
      if (rules) {
        found.rules.push_back(*rules);
      } else if (!is_batch || rules.error().code == ec::store_unavailable) {
        return call.responder.send(rules.error());
      } else {
        faults.push_back({index, rules.error()});
      }
    }
    if (!faults.empty()) {
      return call.responder.send(invalid_batch(faults));
    }
    const auto backlog = count_backlog(call.who, *sessions.history);
    if (!backlog) {
      return call.responder.send(backlog.error());
    }
    found.backlog = *backlog;
    check_and_send(call, std::move(events), is_batch, found);
  }

  void check_and_send(const call& call, std::vector<decoded_event> events, bool is_batch,
                      const demands& found) const {
    std::vector<batch_fault> faults;
    for (std::size_t index = 0; index < events.size(); ++index) {
      if (const auto checked = found.rules[index]->check(*events[index].draft.event); !checked) {
        faults.push_back({index, checked.error()});
      }
    }
    if (!faults.empty() && !is_batch) {
      call.responder.send(faults.front().error);
    } else if (!faults.empty()) {
      call.responder.send(invalid_batch(faults));
    } else if (found.backlog == backlog_quota::verdict::full) {
      call.responder.send(backlog_full());
    } else {
      send(call, std::move(events), is_batch);
    }
  }

  void send(const call& call, std::vector<decoded_event> events, bool is_batch) const {
    actors::submission submission;
    submission.events.reserve(events.size());
    for (decoded_event& event : events) {
      submission.events.push_back(std::move(event.draft));
    }
    const responder& responder = call.responder;
    if (is_batch) {
      submission.done = [this, responder,
                         who = quota_holder(call.who)](const submission_result& result) {
        count_created(who, result);
        answer_batch(responder, result);
      };
    } else {
      const std::shared_ptr<const domain::event> event = submission.events.front().event;
      submission.done = [this, responder, event,
                         who = quota_holder(call.who)](const submission_result& result) {
        count_created(who, result);
        answer_event(responder, result, event->type);
      };
    }
    context_.services.gateway.submit(std::move(submission));
  }

  void count_created(const std::optional<domain::organization_id>& who,
                     const submission_result& result) const {
    if (who && result) {
      context_.backlog.add(*who, result->deliveries);
    }
  }

  static void answer_event(const responder& responder, const submission_result& result,
                           std::string_view event_type) {
    if (!result) {
      responder.send(result.error());
    } else if (!result->conflicts.empty()) {
      responder.send(idempotency_conflict());
    } else {
      responder.send(accepted_event(*result, event_type));
    }
  }

  static void answer_batch(const responder& responder, const submission_result& result) {
    if (!result) {
      responder.send(result.error());
    } else if (!result->conflicts.empty()) {
      responder.send(batch_conflict(result->conflicts));
    } else {
      responder.send(accepted_batch(*result));
    }
  }

  const route_context& context_;
};

}  // namespace

void add_submission_routes(operations& to, const route_context& context) {
  const auto submit = std::make_shared<const submitter>(context);
  for (const char* path : {"/api/v1/events", "/api/events"}) {
    to.add(
        "POST", path, access::ingest, [submit](const call& call) { submit->submit_event(call); },
        domain::limits::event_body_bytes_max);
  }
  to.add(
      "POST", "/api/v1/events/batch", access::ingest,
      [submit](const call& call) { submit->submit_batch(call); }, domain::limits::batch_bytes_max);
}

}  // namespace talaria::http
