#include "http/problem.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <array>

namespace talaria::http {
namespace {

using namespace std::chrono_literals;
using domain::ec;

constexpr std::chrono::seconds retry_soon = 1s;
constexpr std::chrono::seconds retry_later = 5s;

/// `invalid_json` reads `Invalid json`.
std::string title_of(std::string_view code) {
  std::string title(code);
  for (char& letter : title) {
    if (letter == '_') {
      letter = ' ';
    }
  }
  if (!title.empty() && title.front() >= 'a' && title.front() <= 'z') {
    title.front() = static_cast<char>(title.front() - 'a' + 'A');
  }
  return title;
}

unsigned status_of(ec code) {
  switch (code) {
    case ec::invalid_json:
    case ec::invalid_cursor:
      return 400;
    case ec::unauthorized:
      return 401;
    case ec::forbidden:
      return 403;
    case ec::not_found:
      return 404;
    case ec::conflict:
    case ec::idempotency_conflict:
      return 409;
    case ec::too_large:
      return 413;
    case ec::invalid_value:
    case ec::missing_field:
    case ec::unknown_field:
    case ec::wrong_type:
    case ec::blocked_address:
    case ec::not_supported:
    case ec::schema_mismatch:
      return 422;
    case ec::overloaded:
    case ec::rate_limited:
    case ec::quota_exceeded:
      return 429;
    case ec::draining:
    case ec::store_unavailable:
    case ec::store_full:
      return 503;
    case ec::catalog_changed:
    case ec::fenced:
    case ec::attempts_exhausted:
    case ec::schema_newer:
      break;
  }
  return 500;
}

/// Of the fields, only the payload may be most of a request: any other that is too large is a value
/// like others that are out of bounds.
unsigned status_of(const domain::error& error) {
  const bool is_small_field = !error.field.empty() && error.field != "/payload";
  return error.code == ec::too_large && is_small_field ? 422 : status_of(error.code);
}

}  // namespace

problem to_problem(const domain::error& error) {
  problem made =
      protocol_problem(status_of(error), std::string(to_string(error.code)), error.detail);
  made.field = error.field;
  switch (error.code) {
    case ec::unauthorized:
      made.headers.emplace_back("WWW-Authenticate", "Bearer");
      break;
    case ec::overloaded:
    case ec::rate_limited:
      made.retry_after = retry_soon;
      break;
    case ec::draining:
      made.retry_after = retry_soon;
      made.close = true;
      break;
    case ec::quota_exceeded:
    case ec::store_unavailable:
    case ec::store_full:
      made.retry_after = retry_later;
      break;
    default:
      break;
  }
  if (made.status == 500) {
    // The text was written for other parts of Talaria, not for clients.
    made.code = "internal";
    made.detail = "The request could not be completed; the log has the reason.";
  }
  return made;
}

problem protocol_problem(unsigned status, std::string code, std::string detail) {
  problem made;
  made.status = status;
  made.code = std::move(code);
  made.detail = std::move(detail);
  return made;
}

response to_response(const problem& problem, std::string_view request_id) {
  boost::json::object body;
  body["type"] = "urn:talaria:problem:" + problem.code;
  body["title"] = title_of(problem.code);
  body["status"] = problem.status;
  body["detail"] = problem.detail;
  body["code"] = problem.code;
  if (!problem.field.empty()) {
    body["field"] = problem.field;
  }
  body["request_id"] = request_id;

  response made;
  made.status = problem.status;
  made.body = boost::json::serialize(body);
  if (!problem.errors.empty()) {
    made.body.pop_back();
    made.body.append(",\"errors\":").append(problem.errors).push_back('}');
  }
  made.content_type = "application/problem+json";
  made.headers = problem.headers;
  if (problem.retry_after) {
    made.headers.emplace_back("Retry-After", std::to_string(problem.retry_after->count()));
  }
  made.close = problem.close;
  return made;
}

}  // namespace talaria::http
