#include "delivery/curl_handles.hpp"
#include "delivery/engine.hpp"
#include "tests/delivery/engine_fixture.hpp"
#include "tests/support/scripted_receiver.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

// Measurements, to be run by hand: `delivery_test --no-skip --test-suite=rate`.
namespace talaria::delivery {

using test_support::scripted_receiver;

namespace {

constexpr std::size_t requests_total = 100'000;
constexpr std::size_t body_bytes = 430;
const std::vector<std::string> headers = {
    "content-type: application/json",
    "user-agent: Talaria/0",
    "webhook-id: 019c1234-5678-7abc-8def-000000000000",
    "webhook-timestamp: 1769860801",
    "webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    "webhook-event-type: order.created",
    "webhook-attempt: 1",
    "traceparent: 00-019c123456787abc8def000000000000-0123456789abcdef-01"};

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Measures from its making to its end.
class measurement {
public:
  void report(const std::string& what) const {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began_;
    const double processor = processor_seconds() - processor_before_;
    MESSAGE(fmt::format("{}: {:.0f} requests/s, {:.1f} us of processor each, receiver included",
                        what, requests_total / elapsed.count(), processor / requests_total * 1e6));
  }

private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  double processor_before_ = processor_seconds();
};

/// Keeps a number of requests under way through the engine until all are done.
class load {
public:
  load(engine& sender, std::vector<std::string> urls) : sender_(sender), urls_(std::move(urls)) {}

  void run(std::size_t concurrency) {
    for (std::size_t sent = 0; sent < concurrency; ++sent)
      send_next();
    finished_.get_future().wait();
    CHECK(failed_ == 0);
  }

private:
  void send_next() {
    const std::size_t number = started_++;
    if (number >= requests_total)
      return;
    outbound_request request;
    request.url = urls_[number % urls_.size()];
    request.headers = headers;
    request.body = std::string(body_bytes, 'b');
    sender_.send(std::move(request), [this](const outbound_response& response) {
      failed_ += response.status_code == 200 ? 0 : 1;
      send_next();
      if (++completed_ == requests_total)
        finished_.set_value();
    });
  }

  engine& sender_;
  const std::vector<std::string> urls_;
  std::atomic<std::size_t> started_{0};
  std::atomic<std::size_t> completed_{0};
  std::atomic<std::size_t> failed_{0};
  std::promise<void> finished_;
};

/// The same through a bare multi handle, each easy handle being used again as it stands.
class bare_curl {
public:
  explicit bare_curl(std::string url) : url_(std::move(url)) {
    for (const std::string& line : headers)
      lines_.reset(curl_slist_append(lines_.release(), line.c_str()));
  }

  void run(std::size_t concurrency) {
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(concurrency * 2));
    std::vector<easy_handle> handles;
    for (std::size_t sent = 0; sent < concurrency; ++sent) {
      handles.push_back(prepared());
      curl_multi_add_handle(multi_.get(), handles.back().get());
    }
    std::size_t started = concurrency;
    std::size_t completed = 0;
    while (completed < requests_total) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      const std::size_t finished = restart_finished(started);
      completed += finished;
      // What has just been added has no socket yet that could be waited for.
      if (finished == 0)
        curl_multi_poll(multi_.get(), nullptr, 0, 100, nullptr);
    }
    for (const easy_handle& handle : handles)
      curl_multi_remove_handle(multi_.get(), handle.get());
  }

private:
  static std::size_t drop(char*, std::size_t size, std::size_t count, void*) {
    return size * count;
  }

  easy_handle prepared() const {
    easy_handle handle(curl_easy_init());
    curl_easy_setopt(handle.get(), CURLOPT_URL, url_.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, lines_.get());
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, body_.data());
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body_.size()));
    curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &bare_curl::drop);
    return handle;
  }

  std::size_t restart_finished(std::size_t& started) {
    std::size_t finished = 0;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      CURL* handle = message->easy_handle;
      curl_multi_remove_handle(multi_.get(), handle);
      ++finished;
      if (started < requests_total) {
        ++started;
        curl_multi_add_handle(multi_.get(), handle);
      }
    }
    return finished;
  }

  const std::string url_;
  const std::string body_ = std::string(body_bytes, 'b');
  string_list lines_;
  multi_handle multi_{curl_multi_init()};
};

}  // namespace

TEST_SUITE("rate" * doctest::skip()) {
  TEST_CASE("requests per second through the engine, to one host and to many") {
    for (const std::size_t concurrency : {16, 100, 1000}) {
      scripted_receiver receiver;
      engine sender(loopback_options());
      load one(sender, {receiver.url()});
      const measurement time;
      one.run(concurrency);
      time.report(fmt::format("engine, one host, {} at once", concurrency));
    }
    for (const std::size_t concurrency : {100, 1000}) {
      scripted_receiver receiver;
      engine sender(loopback_options());
      std::vector<std::string> urls;
      for (int host = 0; host < 50; ++host)
        urls.push_back(receiver.url("/", fmt::format("host-{}.test", host)));
      load many(sender, urls);
      const measurement time;
      many.run(concurrency);
      time.report(fmt::format("engine, fifty hosts, {} at once", concurrency));
    }
  }

  TEST_CASE("requests per second through bare libcurl") {
    for (const std::size_t concurrency : {16, 100, 1000}) {
      scripted_receiver receiver;
      bare_curl bare(receiver.url());
      const measurement time;
      bare.run(concurrency);
      time.report(fmt::format("bare libcurl, one host, {} at once", concurrency));
    }
  }
}

}  // namespace talaria::delivery
