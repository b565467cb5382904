#include "domain/fan_out.hpp"

#include "tests/domain/payload_rule_json.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace talaria::domain;

namespace {

application_id application_of(std::uint8_t last_byte) {
  application_id id;
  id.value.bytes[15] = last_byte;
  return id;
}

const application_id shop = application_of(1);
const application_id blog = application_of(2);

subscription subscribed(std::uint32_t number, std::vector<std::string> event_types,
                        labels filter = {}) {
  subscription made;
  made.number = subscription_number{number};
  made.application = shop;
  made.settings.url = "https://example.com/";
  made.settings.event_types = std::move(event_types);
  made.settings.label_filter = std::move(filter);
  return made;
}

event submitted(std::string type, labels given = {}, application_id application = shop) {
  event made;
  made.application = application;
  made.type = std::move(type);
  made.labels = std::move(given);
  return made;
}

subscription filtering(std::uint32_t number, std::string_view rule) {
  auto made = subscribed(number, {"*"});
  made.settings.payload_filter = test::filter_of(rule);
  return made;
}

event paying(std::string payload) {
  auto made = submitted("a");
  made.payload = std::move(payload);
  return made;
}

std::vector<std::uint32_t> numbers(const std::vector<subscription_number>& matched) {
  std::vector<std::uint32_t> found;
  for (const auto number : matched)
    found.push_back(to_integer(number));
  return found;
}

using number_list = std::vector<std::uint32_t>;

/// Random subscriptions and events over few names, so that many match.
class random_catalogue {
public:
  explicit random_catalogue(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t end) { return random_() % end; }

  std::string event_type() {
    std::string text = name();
    for (auto levels = below(4); levels > 0; --levels)
      text += '.' + name();
    return text;
  }

  labels any_labels(std::size_t count_max) {
    labels drawn;
    for (auto count = below(count_max + 1); count > 0; --count) {
      const label one{name(), std::to_string(below(2))};
      if (std::none_of(drawn.begin(), drawn.end(),
                       [&](const label& other) { return other.name == one.name; }))
        drawn.push_back(one);
    }
    return drawn;
  }

  application_id application() { return below(2) == 0 ? shop : blog; }

  subscription any_subscription(std::uint32_t number) {
    std::vector<std::string> patterns;
    for (auto count = 1 + below(4); count > 0; --count)
      patterns.push_back(pattern());
    auto made = subscribed(number, std::move(patterns), any_labels(2));
    made.application = application();
    made.settings.enabled = below(8) != 0;
    made.paused = below(8) == 0;
    made.disabled = below(8) == 0 ? disabled_reason::gone : disabled_reason::none;
    if (below(2) == 0)
      made.settings.payload_filter = rule();
    return made;
  }

  event any_event() {
    auto made = submitted(event_type(), any_labels(3), application());
    made.payload = fmt::format(R"({{"{}":{}}})", name(), below(3));
    return made;
  }

private:
  payload_filter rule() {
    const auto compared_by = below(2) == 0 ? "eq" : "ne";
    return test::filter_of(test::comparison(compared_by, std::to_string(below(3)), '/' + name()));
  }

  std::string name() { return std::string(1, static_cast<char>('a' + below(3))); }

  std::string pattern() {
    const auto kind = below(10);
    if (kind == 0)
      return "*";
    return kind < 5 ? event_type() : event_type() + ".*";
  }

  std::mt19937_64 random_;
};

/// What `fan_out` is to find, by asking every subscription.
number_list ask_all(const std::map<std::uint32_t, subscription>& all, const event& event) {
  number_list wanting;
  for (const auto& [number, one] : all) {
    if (one.active() && one.application == event.application && wants(one.settings, event))
      wanting.push_back(number);
  }
  return wanting;
}

}  // namespace

TEST_CASE("a subscription wants an event that one of its patterns matches") {
  const auto settings = subscribed(1, {"user.created", "order.*"}).settings;
  CHECK(wants(settings, submitted("user.created")));
  CHECK(wants(settings, submitted("order.paid")));
  CHECK_FALSE(wants(settings, submitted("user.deleted")));
  CHECK_FALSE(wants(settings, submitted("order")));
}

TEST_CASE("a subscription wants an event only if every label of its filter is there") {
  const auto settings = subscribed(1, {"*"}, {{"region", "\"eu\""}, {"tier", "1"}}).settings;
  CHECK(wants(settings, submitted("user", {{"region", "\"eu\""}, {"tier", "1"}})));
  CHECK(
      wants(settings, submitted("user", {{"tier", "1"}, {"other", "true"}, {"region", "\"eu\""}})));
  CHECK_FALSE(wants(settings, submitted("user", {{"region", "\"eu\""}})));
  CHECK_FALSE(wants(settings, submitted("user", {{"region", "\"eu\""}, {"tier", "\"1\""}})));
  CHECK_FALSE(wants(settings, submitted("user", {{"region", "\"us\""}, {"tier", "1"}})));
  CHECK_FALSE(wants(settings, submitted("user")));
}

TEST_CASE("a subscription wants an event only if its payload filter matches") {
  const auto settings = filtering(1, R"({"path":"/amount","gt":100})").settings;
  CHECK(wants(settings, paying(R"({"amount":101})")));
  CHECK_FALSE(wants(settings, paying(R"({"amount":100})")));
  CHECK_FALSE(wants(settings, paying("{}")));
}

TEST_CASE("an empty fan-out matches nothing") {
  const fan_out subscriptions;
  CHECK(subscriptions.match(submitted("user.created")).empty());
  CHECK(subscriptions.size() == 0);
}

TEST_CASE("exact names, prefixes at every level and * are found, in the order of numbers") {
  fan_out subscriptions;
  subscriptions.put(subscribed(7, {"a.b.c"}));
  subscriptions.put(subscribed(3, {"a.*"}));
  subscriptions.put(subscribed(5, {"a.b.*"}));
  subscriptions.put(subscribed(1, {"*"}));
  subscriptions.put(subscribed(2, {"a.b.c.*"}));
  subscriptions.put(subscribed(4, {"a.b"}));
  subscriptions.put(subscribed(6, {"b.*"}));
  CHECK(numbers(subscriptions.match(submitted("a.b.c"))) == number_list{1, 3, 5, 7});
  CHECK(numbers(subscriptions.match(submitted("a.b"))) == number_list{1, 3, 4});
  CHECK(numbers(subscriptions.match(submitted("a"))) == number_list{1});
  CHECK(numbers(subscriptions.match(submitted("a.b.c.d"))) == number_list{1, 2, 3, 5});
}

TEST_CASE("a subscription that several of its patterns find is found once") {
  fan_out subscriptions;
  subscriptions.put(subscribed(1, {"*", "a.*", "a.b.*", "a.b.c"}));
  CHECK(numbers(subscriptions.match(submitted("a.b.c"))) == number_list{1});
}

TEST_CASE("a subscription that names a pattern twice is found once, and not at all when erased") {
  fan_out subscriptions;
  subscriptions.put(subscribed(1, {"a", "a"}));
  CHECK(numbers(subscriptions.match(submitted("a"))) == number_list{1});
  subscriptions.erase(subscription_number{1});
  CHECK(subscriptions.match(submitted("a")).empty());
}

TEST_CASE("a subscription of another application is not found") {
  fan_out subscriptions;
  subscriptions.put(subscribed(1, {"*"}));
  CHECK(subscriptions.match(submitted("a", {}, blog)).empty());
}

TEST_CASE("a subscription is found only with the labels it filters by") {
  fan_out subscriptions;
  subscriptions.put(subscribed(1, {"a"}, {{"region", "\"eu\""}}));
  subscriptions.put(subscribed(2, {"a"}));
  CHECK(numbers(subscriptions.match(submitted("a", {{"region", "\"eu\""}}))) == number_list{1, 2});
  CHECK(numbers(subscriptions.match(submitted("a", {{"region", "\"us\""}}))) == number_list{2});
}

TEST_CASE("a subscription is found only by payloads that its filter matches") {
  fan_out subscriptions;
  subscriptions.put(filtering(1, R"({"path":"/amount","gt":100})"));
  subscriptions.put(filtering(2, R"({"path":"/amount","lte":100})"));
  subscriptions.put(subscribed(3, {"a"}));
  CHECK(numbers(subscriptions.match(paying(R"({"amount":101})"))) == number_list{1, 3});
  CHECK(numbers(subscriptions.match(paying(R"({"amount":100})"))) == number_list{2, 3});
  CHECK(numbers(subscriptions.match(paying("[]"))) == number_list{3});
}

TEST_CASE("those whose filters mean the same are found and taken out one by one") {
  fan_out subscriptions;
  subscriptions.put(filtering(1, R"({"path":"/amount","eq":100})"));
  subscriptions.put(filtering(2, R"({"eq":1e2,"path":"/amount"})"));
  CHECK(numbers(subscriptions.match(paying(R"({"amount":100})"))) == number_list{1, 2});
  subscriptions.erase(subscription_number{1});
  CHECK(numbers(subscriptions.match(paying(R"({"amount":100})"))) == number_list{2});
}

TEST_CASE("a filter that is put again, or taken away, replaces the one before") {
  fan_out subscriptions;
  subscriptions.put(filtering(1, R"({"path":"/amount","eq":1})"));
  subscriptions.put(filtering(1, R"({"path":"/amount","eq":2})"));
  CHECK(subscriptions.match(paying(R"({"amount":1})")).empty());
  CHECK(numbers(subscriptions.match(paying(R"({"amount":2})"))) == number_list{1});
  subscriptions.put(subscribed(1, {"*"}));
  CHECK(numbers(subscriptions.match(paying(R"({"amount":1})"))) == number_list{1});
}

TEST_CASE("labels and payload must both be what a subscription filters by") {
  fan_out subscriptions;
  auto both = filtering(1, R"({"path":"/amount","eq":1})");
  both.settings.label_filter = {{"region", "\"eu\""}};
  subscriptions.put(both);
  auto event = paying(R"({"amount":1})");
  CHECK(subscriptions.match(event).empty());
  event.labels = {{"region", "\"eu\""}};
  CHECK(numbers(subscriptions.match(event)) == number_list{1});
  event.payload = R"({"amount":2})";
  CHECK(subscriptions.match(event).empty());
}

TEST_CASE("a subscription that is put again is found by its new patterns alone") {
  fan_out subscriptions;
  subscriptions.put(subscribed(1, {"a", "b"}));
  subscriptions.put(subscribed(1, {"b", "c"}));
  CHECK(subscriptions.size() == 1);
  CHECK(subscriptions.match(submitted("a")).empty());
  CHECK(numbers(subscriptions.match(submitted("b"))) == number_list{1});
  CHECK(numbers(subscriptions.match(submitted("c"))) == number_list{1});
}

TEST_CASE("a subscription that moved to another application is found there alone") {
  fan_out subscriptions;
  subscriptions.put(subscribed(1, {"a"}));
  auto moved = subscribed(1, {"a"});
  moved.application = blog;
  subscriptions.put(moved);
  CHECK(subscriptions.match(submitted("a")).empty());
  CHECK(numbers(subscriptions.match(submitted("a", {}, blog))) == number_list{1});
}

TEST_CASE("the very same subscription may be put twice") {
  fan_out subscriptions;
  const auto one = subscribed(1, {"a"});
  subscriptions.put(one);
  subscriptions.put(one);
  CHECK(subscriptions.size() == 1);
  CHECK(numbers(subscriptions.match(submitted("a"))) == number_list{1});
}

TEST_CASE("a paused subscription is found: it gathers deliveries") {
  fan_out subscriptions;
  auto paused = subscribed(1, {"a"});
  paused.paused = true;
  subscriptions.put(paused);
  CHECK(numbers(subscriptions.match(submitted("a"))) == number_list{1});
}

TEST_CASE("putting a subscription that is switched off or gone takes it out") {
  fan_out subscriptions;
  subscriptions.put(subscribed(1, {"a"}));
  subscriptions.put(subscribed(2, {"a"}));
  auto switched_off = subscribed(1, {"a"});
  switched_off.settings.enabled = false;
  subscriptions.put(switched_off);
  auto gone = subscribed(2, {"a"});
  gone.disabled = disabled_reason::gone;
  subscriptions.put(gone);
  CHECK(subscriptions.size() == 0);
  CHECK(subscriptions.match(submitted("a")).empty());
}

TEST_CASE("erasing takes out that number alone, and one that is unknown changes nothing") {
  fan_out subscriptions;
  subscriptions.put(subscribed(1, {"a"}));
  subscriptions.put(subscribed(2, {"a"}));
  subscriptions.erase(subscription_number{1});
  subscriptions.erase(subscription_number{1});
  subscriptions.erase(subscription_number{9});
  CHECK(subscriptions.size() == 1);
  CHECK(numbers(subscriptions.match(submitted("a"))) == number_list{2});
}

TEST_CASE("of those that ask for the same, each is found and taken out by itself") {
  fan_out subscriptions;
  for (const std::uint32_t number : {3U, 1U, 2U})
    subscriptions.put(subscribed(number, {"a", "b"}));
  CHECK(numbers(subscriptions.match(submitted("a"))) == number_list{1, 2, 3});
  subscriptions.erase(subscription_number{2});
  CHECK(numbers(subscriptions.match(submitted("b"))) == number_list{1, 3});
  subscriptions.erase(subscription_number{1});
  subscriptions.erase(subscription_number{3});
  CHECK(subscriptions.match(submitted("a")).empty());
}

TEST_CASE("matching finds whom asking every subscription finds, through changes at random") {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
    CAPTURE(seed);
    random_catalogue random{seed};
    std::map<std::uint32_t, subscription> all;
    fan_out subscriptions;
    std::size_t matches_seen = 0;
    for (int step = 0; step < 3000; ++step) {
      const auto number = 1 + static_cast<std::uint32_t>(random.below(60));
      if (random.below(4) == 0) {
        all.erase(number);
        subscriptions.erase(subscription_number{number});
      } else {
        all.insert_or_assign(number, random.any_subscription(number));
        subscriptions.put(all.at(number));
      }
      const auto event = random.any_event();
      CAPTURE(step);
      CAPTURE(event.type);
      const auto found = numbers(subscriptions.match(event));
      REQUIRE(found == ask_all(all, event));
      matches_seen += found.size();
    }
    CHECK(subscriptions.size() ==
          static_cast<std::size_t>(std::count_if(
              all.begin(), all.end(), [](const auto& entry) { return entry.second.active(); })));
    CHECK(matches_seen > 3000);
  }
}
