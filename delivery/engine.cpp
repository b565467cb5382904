#include "delivery/engine.hpp"

#include "delivery/event_loop.hpp"
#include "delivery/header_line.hpp"
#include "delivery/request_in_flight.hpp"
#include "domain/limits.hpp"
#include "domain/url.hpp"

#include <curl/curl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace talaria::delivery {

namespace {

void set_up_curl_once() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK)
    throw std::runtime_error("libcurl cannot be set up");
}

event_loop_settings settings_of_a_loop(const engine_options& options) {
  return {.idle_connections_max =
              options.idle_connections_max / std::max<std::size_t>(options.loops, 1),
          .transfers = {.connect_timeout = options.connect_timeout,
                        .response_bytes_max = options.response_bytes_max,
                        .response_header_bytes_max = options.response_header_bytes_max,
                        .ca_bundle = options.ca_bundle,
                        .proxy = options.proxy}};
}

bool has_safe_headers(const outbound_request& request) {
  return std::all_of(request.headers.begin(), request.headers.end(), is_safe_header_line);
}

void refuse(const engine::completion& done, domain::attempt_error error) {
  outbound_response response;
  response.error = error;
  done(std::move(response));
}

}  // namespace

class engine::implementation {
public:
  explicit implementation(engine_options options)
      : options_(std::move(options)), names_(options_.names) {
    set_up_curl_once();
    for (std::size_t made = 0; made < std::max<std::size_t>(options_.loops, 1); ++made) {
      loops_.push_back(
          std::make_unique<event_loop>(settings_of_a_loop(options_), options_.addresses, names_));
    }
  }
  implementation(const implementation&) = delete;
  implementation& operator=(const implementation&) = delete;
  ~implementation() { stop(); }

  void send(outbound_request request, completion done);
  void abort_all();
  void stop();

private:
  event_loop& loop_of(const std::string& host) const {
    return *loops_[std::hash<std::string>{}(host) % loops_.size()];
  }

  const engine_options options_;
  std::atomic<std::size_t> in_flight_{0};
  std::vector<std::unique_ptr<event_loop>> loops_;
  // After the loops, which its completions post to: it goes first.
  resolver names_;
};

void engine::implementation::send(outbound_request request, completion done) {
  auto target = domain::parse_webhook_url(request.url);
  if (!target || !has_safe_headers(request)) {
    spdlog::error("delivery: a request has a malformed {}", target ? "header" : "URL");
    refuse(done, domain::attempt_error::internal);
    return;
  }
  auto place = in_flight_place::take(in_flight_, options_.in_flight_max);
  if (!place) {
    spdlog::error("delivery: more than {} requests under way", options_.in_flight_max);
    refuse(done, domain::attempt_error::internal);
    return;
  }
  const auto now = request_in_flight::clock::now();
  request_in_flight made{.request = std::move(request),
                         .target = *std::move(target),
                         .done = std::move(done),
                         .place = *std::move(place),
                         .started_at = now,
                         .deadline = now,
                         .addresses = {}};
  made.deadline += std::clamp(made.request.timeout, std::chrono::milliseconds(0),
                              std::chrono::milliseconds(domain::limits::timeout_max));
  if (!loop_of(made.target.host).start(made))
    made.fail(domain::attempt_error::aborted);
}

void engine::implementation::abort_all() {
  for (const auto& loop : loops_)
    loop->abort();
}

void engine::implementation::stop() {
  for (const auto& loop : loops_)
    loop->stop();
  names_.stop();
}

engine::engine(engine_options options)
    : implementation_(std::make_unique<implementation>(std::move(options))) {
}

engine::~engine() = default;

void engine::send(outbound_request request, completion done) {
  implementation_->send(std::move(request), std::move(done));
}

void engine::abort_all() {
  implementation_->abort_all();
}

void engine::stop() {
  implementation_->stop();
}

}  // namespace talaria::delivery
