#include "http/exchange.hpp"

#include <spdlog/spdlog.h>

namespace talaria::http {

void exchange::answer(response answer) {
  if (!answered_.exchange(true)) {
    answer.headers.insert(answer.headers.end(), answer_headers.begin(), answer_headers.end());
    sink_->post(std::move(ticket), std::move(answer));
  }
}

exchange::~exchange() {
  if (answered_.load()) {
    return;
  }
  spdlog::error("http: request {} was dropped without an answer", ticket.request_id);
  const problem lost = to_problem(
      {domain::ec::store_unavailable, "The request was lost on its way; it may be repeated.", ""});
  answer(to_response(lost, ticket.request_id));
}

void responder::add_header(std::string_view name, std::string_view value) const {
  exchange_->answer_headers.emplace_back(name, value);
}

void responder::release_request() const {
  http::request& request = exchange_->request;
  request.method = request.target = request.path = request.query = request.body = {};
  request.headers = {};
  request.parameters = {};
  request.head_bytes.release();
  request.body_bytes.release();
  exchange_->body_reservation.release();
  exchange_->body_share = address_quota::place{};
}

}  // namespace talaria::http
