#include "bench/product/api_client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <curl/curl.h>
#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <stdexcept>

namespace talaria::bench {

namespace {

namespace json = boost::json;

constexpr long timeout_ms = 30'000;

std::size_t append_to(char* bytes, std::size_t, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, count);
  return count;
}

using easy_handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using header_list = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

}  // namespace

std::string api_client::call(const char* method, const std::string& path,
                             const std::string& body) const {
  // Kept, as a connection for each of thousands of calls would exhaust the ports.
  static thread_local const easy_handle easy{curl_easy_init(), &curl_easy_cleanup};
  curl_easy_reset(easy.get());
  auto* lines = curl_slist_append(nullptr, ("Authorization: Bearer " + key_).c_str());
  const header_list headers{curl_slist_append(lines, "Content-Type: application/json"),
                            &curl_slist_free_all};
  std::string answer;
  const auto url = url_ + path;
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &append_to);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &answer);
  if (!body.empty())
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
  const auto failed = curl_easy_perform(easy.get());
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (failed != CURLE_OK || status < 200 || status > 299)
    throw std::runtime_error(fmt::format("{} {} gave {} {}: {}", method, path, status,
                                         curl_easy_strerror(failed), answer));
  return answer;
}

std::string api_client::subscribe(const wanted_subscription& wanted) const {
  json::object body{{"url", wanted.receiver_url},
                    {"event_types", json::array{wanted.event_type}},
                    {"max_in_flight", wanted.max_in_flight}};
  if (wanted.retry_after)
    body["retry"] = json::object{{"delays_ms", json::array{wanted.retry_after->count()}}};
  const auto made = json::parse(call("POST", "/api/v1/subscriptions", json::serialize(body)));
  return std::string{made.at("id").as_string()};
}

void api_client::pause(const std::string& subscription) const {
  call("POST", "/api/v1/subscriptions/" + subscription + "/pause");
}

void api_client::resume(const std::string& subscription) const {
  call("POST", "/api/v1/subscriptions/" + subscription + "/resume");
}

std::uint64_t api_client::pending() const {
  std::uint64_t pending = 0;
  const auto queues = json::parse(call("GET", "/api/v1/queues"));
  for (const auto& queue : queues.at("data").as_array())
    pending += queue.at("pending").to_number<std::uint64_t>();
  return pending;
}

std::uint64_t api_client::count_actors(const std::string& query) const {
  const auto listed = json::parse(call("GET", "/api/v1/actors?" + query));
  return listed.at("total").to_number<std::uint64_t>();
}

product_counters api_client::counters() const {
  const auto metrics = call("GET", "/metrics");
  const auto value = [&](std::string_view name, std::string_view label = {}) {
    return metric_value(metrics, name, label);
  };
  return {.accepted = value("talaria_events_ingested_total"),
          .created = value("talaria_deliveries_created_total"),
          .delivered = value("talaria_deliveries_ended_total", "outcome=\"delivered\""),
          .retried = value("talaria_deliveries_retried_total"),
          .dead = value("talaria_deliveries_ended_total", "outcome=\"dead\""),
          .appends = value("talaria_append_batch_events_count"),
          .records = value("talaria_record_batch_outcomes_count")};
}

std::uint64_t metric_value(std::string_view metrics, std::string_view name,
                           std::string_view label) {
  double sum = 0;
  for (const auto form : {"\n{} ", "\n{}{{"}) {
    const auto wanted = fmt::format(fmt::runtime(form), name);
    for (auto found = metrics.find(wanted); found != std::string_view::npos;
         found = metrics.find(wanted, found + 1)) {
      const auto line = metrics.substr(found + 1, metrics.find('\n', found + 1) - found - 1);
      if (line.find(label) == std::string_view::npos)
        continue;
      const auto text = line.substr(line.rfind(' ') + 1);
      double value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value);
      sum += value;
    }
  }
  return static_cast<std::uint64_t>(sum);
}

}  // namespace talaria::bench
