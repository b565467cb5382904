#include "bench/ceilings/ceilings.hpp"
#include "bench/ceilings/thread_cpu_time.hpp"
#include "bench/load/event_payload.hpp"
#include "bench/product/cpu_meter.hpp"
#include "bench/receiver/arrivals.hpp"
#include "bench/receiver/sink.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

namespace talaria::bench {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t in_flight = 64;
constexpr std::size_t payload_bytes = 300;
constexpr int poll_ms = 100;

/// As many as Talaria sends, and as long.
constexpr std::array header_lines{
    "content-type: application/json",
    "user-agent: Talaria/0.0.0",
    "webhook-id: 019b0000-0000-7000-8000-000000000000",
    "webhook-timestamp: 1767225600",
    "webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    "webhook-event-type: bench.event",
    "webhook-attempt: 1",
    "traceparent: 00-019b0000000070008000000000000000-0000000000000001-01",
    "Expect:",
};

std::size_t discard(char*, std::size_t, std::size_t count, void*) {
  return count;
}

/// Posts again as soon as a post has ended.
class poster {
public:
  explicit poster(const std::string& url) : multi_{curl_multi_init(), &curl_multi_cleanup} {
    for (const auto* line : header_lines)
      headers_.reset(curl_slist_append(headers_.release(), line));
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(2 * in_flight));
    for (std::size_t number = 0; number < in_flight; ++number)
      add(url);
  }

  ~poster() {
    for (const auto& transfer : transfers_)
      curl_multi_remove_handle(multi_.get(), transfer->easy.get());
  }

  void run_until(steady_clock::time_point end) {
    int running = 0;
    while (steady_clock::now() < end) {
      curl_multi_perform(multi_.get(), &running);
      const auto ended = restart_ended();
      // What was added must be performed before anything is waited for.
      if (ended == 0)
        curl_multi_poll(multi_.get(), nullptr, 0, poll_ms, nullptr);
    }
  }

  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;

private:
  struct transfer {
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy{curl_easy_init(), &curl_easy_cleanup};
    std::string body = load::make_payload(payload_bytes);
  };

  void add(const std::string& url) {
    auto& added = *transfers_.emplace_back(std::make_unique<transfer>());
    CURL* easy = added.easy.get();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, added.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(added.body.size()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &discard);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &added);
    begin(added);
  }

  void begin(transfer& next) {
    load::put_stamp(next.body.data(),
                    {.sequence = next_sequence_++, .submitted = steady_clock::now()});
    curl_multi_add_handle(multi_.get(), next.easy.get());
  }

  std::size_t restart_ended() {
    std::size_t ended = 0;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      long status = 0;
      transfer* done = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &done);
      ++(message->data.result == CURLE_OK && status == 204 ? succeeded : failed);
      curl_multi_remove_handle(multi_.get(), message->easy_handle);
      begin(*done);
      ++ended;
    }
    return ended;
  }

  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers_{nullptr,
                                                                       &curl_slist_free_all};
  std::vector<std::unique_ptr<transfer>> transfers_;
  std::uint64_t next_sequence_ = 0;
};

figure measure(const settings& settings) {
  arrivals arrived;
  const sink receiver{make_answer(204, ""),
                      [&](const received_request& request) { arrived.take(request); }};
  poster posts{receiver.url() + "/receivers/0"};
  const cpu_meter meter;
  const auto cpu_before = thread_cpu_time();
  const auto started = steady_clock::now();
  posts.run_until(started + settings.duration);
  const std::chrono::duration<double> elapsed = steady_clock::now() - started;
  const std::chrono::duration<double, std::micro> cpu = thread_cpu_time() - cpu_before;
  const auto succeeded = static_cast<double>(posts.succeeded);
  figure measured{.name = post_ceiling_name(),
                  .per_second = succeeded / elapsed.count(),
                  .unit = "deliveries",
                  .latency = summarize(arrived.summarize().latency),
                  .cpu_us = cpu.count() / std::max(1.0, succeeded),
                  .others_cpu = meter.others()};
  if (posts.failed > 0)
    measured.faults.push_back(fmt::format("{} posts failed", posts.failed));
  return measured;
}

}  // namespace

std::string post_ceiling_name() {
  return fmt::format("ceiling: libcurl posts, {} in flight", in_flight);
}

scenario post_ceiling() {
  return {post_ceiling_name(), &measure};
}

}  // namespace talaria::bench
