#include "delivery/resolver.hpp"

#include "tests/delivery/engine_fixture.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace talaria::delivery {

using namespace std::chrono_literals;

namespace {

/// A resolver's look-up under the test's control. Shared with the threads of the resolver, which
/// may outlive the test case.
class scripted_lookup {
public:
  std::vector<ip_address> look_up(const std::string& host) {
    std::unique_lock lock(mutex_);
    ++calls_[host];
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_.contains(host); });
    const auto found = answers_.find(host);
    return found == answers_.end() ? std::vector<ip_address>{} : found->second;
  }

  void set(const std::string& host, std::vector<ip_address> addresses) {
    const std::scoped_lock lock(mutex_);
    answers_[host] = std::move(addresses);
  }
  /// Look-ups of the name hang until it is released.
  void hold(const std::string& host) {
    const std::scoped_lock lock(mutex_);
    held_[host] = true;
  }
  void release(const std::string& host) {
    const std::scoped_lock lock(mutex_);
    held_.erase(host);
    changed_.notify_all();
  }
  bool wait_for_call(const std::string& host, int count = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return calls_[host] >= count; });
  }
  int calls(const std::string& host) {
    const std::scoped_lock lock(mutex_);
    return calls_[host];
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<ip_address>> answers_;
  std::map<std::string, bool> held_;
  std::map<std::string, int> calls_;
};

struct fixture {
  std::shared_ptr<scripted_lookup> names = std::make_shared<scripted_lookup>();
  std::shared_ptr<std::atomic<std::int64_t>> now_ms =
      std::make_shared<std::atomic<std::int64_t>>(1'000'000);

  resolver_options options(std::size_t threads = 2) const {
    resolver_options made;
    made.threads = threads;
    made.look_up = [names = names](const std::string& host) { return names->look_up(host); };
    made.now = [now_ms = now_ms] {
      return std::chrono::steady_clock::time_point(std::chrono::milliseconds(*now_ms));
    };
    return made;
  }
  void advance(std::chrono::milliseconds time) const { *now_ms += time.count(); }
};

using pending_answer = std::future<resolver::answer>;

pending_answer ask(resolver& asked, const std::string& host) {
  auto promise = std::make_shared<std::promise<resolver::answer>>();
  auto future = promise->get_future();
  if (auto known = asked.resolve(
          host, [promise](resolver::answer answer) { promise->set_value(std::move(answer)); }))
    promise->set_value(std::move(known));
  return future;
}

std::vector<std::string> addresses_of(pending_answer pending) {
  if (pending.wait_for(patience) != std::future_status::ready)
    throw std::runtime_error("the name was not resolved");
  std::vector<std::string> texts;
  for (const ip_address& each : *pending.get())
    texts.push_back(to_string(each));
  return texts;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a name is looked up once while its answer is fresh") {
  fixture test;
  test.names->set("a.test", {address("192.0.2.1"), address("2001:db8::1")});
  resolver names(test.options());

  CHECK(addresses_of(ask(names, "a.test")) == texts{"192.0.2.1", "2001:db8::1"});
  test.advance(29'999ms);
  CHECK(addresses_of(ask(names, "a.test")) == texts{"192.0.2.1", "2001:db8::1"});
  CHECK(test.names->calls("a.test") == 1);
}

TEST_CASE("an answer past its time is used once more while a new one is fetched") {
  fixture test;
  test.names->set("a.test", {address("192.0.2.1")});
  resolver names(test.options());
  CHECK(addresses_of(ask(names, "a.test")) == texts{"192.0.2.1"});
  test.names->set("a.test", {address("192.0.2.2")});
  test.names->hold("a.test");
  test.advance(30s);

  CHECK(addresses_of(ask(names, "a.test")) == texts{"192.0.2.1"});
  CHECK(test.names->wait_for_call("a.test", 2));
  CHECK(addresses_of(ask(names, "a.test")) == texts{"192.0.2.1"});

  test.advance(300s);
  auto waits_for_the_new_one = ask(names, "a.test");
  test.names->release("a.test");
  CHECK(addresses_of(std::move(waits_for_the_new_one)) == texts{"192.0.2.2"});
  CHECK(test.names->calls("a.test") == 2);
}

TEST_CASE("a failure is remembered for a short time") {
  fixture test;
  resolver names(test.options());
  CHECK(addresses_of(ask(names, "none.test")).empty());
  test.names->set("none.test", {address("192.0.2.1")});
  test.advance(4'999ms);
  CHECK(addresses_of(ask(names, "none.test")).empty());
  CHECK(test.names->calls("none.test") == 1);
  test.advance(1ms);
  CHECK(addresses_of(ask(names, "none.test")) == texts{"192.0.2.1"});
}

TEST_CASE("a failure replaces an earlier answer: resolution fails closed") {
  fixture test;
  test.names->set("a.test", {address("192.0.2.1")});
  resolver names(test.options());
  ask(names, "a.test").wait();
  test.names->set("a.test", {});
  test.advance(400s);
  CHECK(addresses_of(ask(names, "a.test")).empty());
}

TEST_CASE("names that are asked for at once are looked up once") {
  fixture test;
  test.names->set("a.test", {address("192.0.2.1")});
  test.names->hold("a.test");
  resolver names(test.options());
  std::vector<pending_answer> pending;
  for (int asked = 0; asked < 100; ++asked)
    pending.push_back(ask(names, "a.test"));
  test.names->release("a.test");
  for (pending_answer& each : pending)
    CHECK(addresses_of(std::move(each)) == texts{"192.0.2.1"});
  CHECK(test.names->calls("a.test") == 1);
}

TEST_CASE("names that hang do not keep back known ones, nor new ones once they are suspect") {
  fixture test;
  resolver names(test.options(2));
  for (const char* host : {"bad-1.test", "bad-2.test", "bad-3.test"})
    CHECK(addresses_of(ask(names, host)).empty());
  test.advance(10s);
  for (const char* host : {"bad-1.test", "bad-2.test", "bad-3.test"})
    test.names->hold(host);
  std::vector<pending_answer> hanging;
  for (const char* host : {"bad-1.test", "bad-2.test", "bad-3.test"})
    hanging.push_back(ask(names, host));
  CHECK(test.names->wait_for_call("bad-1.test", 2));

  test.names->set("good.test", {address("192.0.2.1")});
  CHECK(addresses_of(ask(names, "good.test")) == texts{"192.0.2.1"});
  CHECK(test.names->calls("bad-2.test") == 1);

  for (const char* host : {"bad-1.test", "bad-2.test", "bad-3.test"})
    test.names->release(host);
  for (pending_answer& each : hanging)
    CHECK(addresses_of(std::move(each)).empty());
}

TEST_CASE("bounds are kept: names queued, waiters per name, length of a name") {
  fixture test;
  auto options = test.options(1);
  options.names_queued_max = 2;
  options.waiters_per_name_max = 2;
  resolver names(options);
  test.names->hold("held.test");
  auto held = ask(names, "held.test");
  REQUIRE(test.names->wait_for_call("held.test"));

  auto second = ask(names, "held.test");
  CHECK(addresses_of(ask(names, "held.test")).empty());
  auto first_queued = ask(names, "queued-1.test");
  auto second_queued = ask(names, "queued-2.test");
  CHECK(addresses_of(ask(names, "queued-3.test")).empty());
  CHECK(addresses_of(ask(names, std::string(254, 'a'))).empty());
  CHECK(test.names->calls("queued-3.test") == 0);

  test.names->release("held.test");
  CHECK(addresses_of(std::move(second)).empty());
  CHECK(addresses_of(std::move(second_queued)).empty());
}

TEST_CASE("the cache forgets names when it is full") {
  fixture test;
  auto options = test.options();
  options.names_cached_max = 10;
  resolver names(options);
  for (int asked = 0; asked < 100; ++asked) {
    const std::string host = std::to_string(asked) + ".test";
    test.names->set(host, {address("192.0.2.1")});
    CHECK(addresses_of(ask(names, host)) == texts{"192.0.2.1"});
  }
}

TEST_CASE("stop does not wait for a look-up that hangs, and its completion is never called") {
  fixture test;
  test.names->hold("held.test");
  auto called = std::make_shared<std::atomic<bool>>(false);
  {
    resolver names(test.options());
    names.resolve("held.test", [called](const resolver::answer&) { *called = true; });
    REQUIRE(test.names->wait_for_call("held.test"));
    names.stop();
    names.stop();
    CHECK(addresses_of(ask(names, "other.test")).empty());
  }
  test.names->release("held.test");
  CHECK_FALSE(*called);
}

TEST_CASE("the system's look-up understands every form of a literal address") {
  const auto texts_of = [](const std::string& host) {
    texts found;
    for (const ip_address& each : look_up_by_system(host))
      found.push_back(to_string(each));
    return found;
  };
  for (const char* host : {"127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "0x7f000001",
                           "::ffff:127.0.0.1"}) {
    CAPTURE(host);
    CHECK(texts_of(host) == texts{"127.0.0.1"});
  }
  CHECK(texts_of("0") == texts{"0.0.0.0"});
  CHECK(texts_of("::1") == texts{"::1"});
  CHECK(texts_of("64:ff9b::7f00:1") == texts{"64:ff9b::7f00:1"});
  CHECK(texts_of("").empty());
  CHECK(texts_of(std::string("127.0.0.1\0.example.com", 22)).empty());
  CHECK(texts_of("talaria.invalid").empty());
}

}  // namespace talaria::delivery
