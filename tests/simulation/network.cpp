#include "tests/simulation/network.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace talaria::simulation {

namespace {

using namespace std::chrono_literals;
using domain::attempt_error;

constexpr std::string_view url_start = "https://receivers.example/";
constexpr std::string_view payload_start = "{\"number\":";

constexpr auto answer_max = 300ms;

std::optional<std::string> header(const delivery::outbound_request& request,
                                  const std::string& name) {
  for (const auto& line : request.headers) {
    if (line.starts_with(name + ": "))
      return line.substr(name.size() + 2);
  }
  return std::nullopt;
}

std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

network::network(agenda& events, dice& chance, std::function<domain::timestamp()> true_time)
    : agenda_{events}, chance_{chance}, true_time_{std::move(true_time)}, started_{true_time_()} {
}

std::string network::url_of(const std::string& subscription) {
  return std::string{url_start} + subscription;
}

std::string network::event_of(const delivery::outbound_request& request) {
  return header(request, "webhook-id").value_or("");
}

std::string network::payload_of(std::uint64_t number) {
  return fmt::format("{}{}}}", payload_start, number);
}

network::microseconds network::draw(microseconds from, microseconds to) {
  return microseconds{chance_.between(from.count(), to.count())};
}

receiver_mode network::mode_of(const std::string& url) const {
  const auto known = modes_.find(url);
  return known == modes_.end() ? receiver_mode::up : known->second;
}

void network::send(delivery::outbound_request request, delivery::engine::completion done) {
  const auto way = draw(200us, way_max);
  const bool refused = mode_of(request.url) == receiver_mode::refusing;
  if (refused || chance_.chance(misfortune_.lost_before))
    return answer_later(done, way, 0, attempt_error::connect);
  agenda_.at(true_time_() + way, [this, request = std::move(request), done = std::move(done)] {
    arrive(request, done);
  });
}

void network::arrive(const delivery::outbound_request& request, delivery::engine::completion done) {
  const auto mode = mode_of(request.url);
  if (mode == receiver_mode::hanging) {
    write_down(request, 0).is_plain = false;
    return answer_later(done, request.timeout, 0, attempt_error::timeout);
  }
  const bool fails = mode == receiver_mode::failing || chance_.chance(misfortune_.failed);
  const std::uint16_t status = fails ? 503 : 204;
  auto& seen = write_down(request, status);
  seen.is_plain = !chance_.chance(misfortune_.lost_after);
  const auto wait = draw(200us, answer_max);
  if (seen.is_plain)
    answer_later(done, wait, status, attempt_error::none);
  else
    answer_later(done, wait, 0, attempt_error::reset);
}

chaos::reception& network::write_down(const delivery::outbound_request& request, unsigned status) {
  chaos::reception seen;
  seen.number = to_number(std::string_view{request.body}.substr(payload_start.size()));
  seen.event_id = event_of(request);
  seen.subscription = request.url.substr(url_start.size());
  seen.at = true_time_() - started_;
  seen.status = status;
  seen.is_intact = request.body == payload_of(seen.number);
  if (const auto place = header(request, "webhook-sequence"))
    seen.sequence = to_number(*place);
  receptions_.push_back(std::move(seen));
  return receptions_.back();
}

void network::answer_later(const delivery::engine::completion& done, microseconds wait,
                           std::uint16_t status, domain::attempt_error error) {
  agenda_.at(true_time_() + wait, [done, wait, status, error] {
    done({.status_code = status, .error = error, .body = {}, .retry_after = {}, .duration = wait});
  });
}

}  // namespace talaria::simulation
