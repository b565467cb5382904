#include "domain/limits.hpp"
#include "domain/time.hpp"
#include "http/event_decoder.hpp"
#include "http/routes.hpp"

#include <algorithm>
#include <memory>

namespace talaria::http {
namespace {

using domain::ec;

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
      resolve(call, std::move(decoded->events), true);
    }
  }

  /// Finds out the applications, at once if all are remembered.
  void resolve(const call& call, std::vector<decoded_event> events, bool is_batch) const {
    // The answer waits for a commit; the bytes of the request need not.
    call.responder.release_request();
    const bool remembered = std::all_of(events.begin(), events.end(), [&](decoded_event& event) {
      const auto known = context_.applications.find_remembered(call.who, event.application);
      if (known && *known) {
        event.draft.event->application = **known;
      }
      return known && *known;
    });
    if (remembered) {
      return send(call.responder, std::move(events), is_batch);
    }
    const auto shared = std::make_shared<std::vector<decoded_event>>(std::move(events));
    const bool accepted =
        context_.post_to_store([this, call, shared, is_batch](store_sessions& sessions) {
          resolve_in_store(call, *shared, is_batch, *sessions.catalog);
        });
    if (!accepted) {
      call.responder.send(too_many_waiting());
    }
  }

  void resolve_in_store(const call& call, std::vector<decoded_event>& events, bool is_batch,
                        persistence::catalog& catalog) const {
    std::vector<batch_fault> faults;
    for (std::size_t index = 0; index < events.size(); ++index) {
      const auto found = context_.applications.find(call.who, events[index].application,
                                                    application_use::submit, catalog);
      if (found) {
        events[index].draft.event->application = *found;
      } else if (!is_batch || found.error().code == ec::store_unavailable) {
        return call.responder.send(found.error());
      } else {
        faults.push_back({index, found.error()});
      }
    }
    if (!faults.empty()) {
      return call.responder.send(invalid_batch(faults));
    }
    send(call.responder, std::move(events), is_batch);
  }

  void send(const responder& responder, std::vector<decoded_event> events, bool is_batch) const {
    actors::submission submission;
    submission.events.reserve(events.size());
    for (decoded_event& event : events) {
      submission.events.push_back(std::move(event.draft));
    }
    if (is_batch) {
      submission.done = [responder](const submission_result& result) {
        answer_batch(responder, result);
      };
    } else {
      const std::shared_ptr<const domain::event> event = submission.events.front().event;
      submission.done = [responder, event](const submission_result& result) {
        answer_event(responder, result, event->type);
      };
    }
    context_.services.gateway.submit(std::move(submission));
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
