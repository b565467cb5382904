#include "tests/domain/payload_rule_json.hpp"

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace talaria::domain;
using namespace talaria::domain::test;

namespace {

void check_refused(std::string_view rule, ec code, std::string_view field) {
  CAPTURE(rule);
  const auto parsed = parse_filter(rule);
  REQUIRE_FALSE(parsed);
  CHECK(to_string(parsed.error().code) == to_string(code));
  CHECK(parsed.error().field == "/payload_filter" + std::string{field});
  CHECK_FALSE(parsed.error().detail.empty());
}

const std::string exists = comparison("exists", "true");

std::string repeated(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i)
    all += (i == 0 ? "" : ",") + text;
  return all;
}

/// A rule with this many comparisons, in groups of 16.
std::string compared(std::size_t comparisons) {
  std::string groups;
  while (comparisons > 0) {
    const auto count = std::min(comparisons, limits::filter_rules_max);
    groups +=
        (groups.empty() ? "" : ",") + fmt::format(R"({{"or":[{}]}})", repeated(count, exists));
    comparisons -= count;
  }
  return fmt::format(R"({{"and":[{}]}})", groups);
}

std::string negated(std::size_t times) {
  std::string rule;
  for (std::size_t i = 0; i < times; ++i)
    rule += R"({"not":)";
  return rule + exists + std::string(times, '}');
}

std::string listed(std::size_t times) {
  std::string rule;
  for (std::size_t i = 0; i < times; ++i)
    rule += R"({"and":[)";
  rule += exists;
  for (std::size_t i = 0; i < times; ++i)
    rule += "]}";
  return rule;
}

/// A rule whose JSON has this many bytes, at least 60.
std::string sized(std::size_t bytes) {
  constexpr std::size_t value_bytes = limits::filter_string_bytes_max;
  std::string rules;
  std::size_t left = bytes - std::string_view{R"({"and":[]})"}.size();
  const auto empty = comparison("eq", R"("")").size();
  while (left > 0) {
    auto take = std::min(left, empty + value_bytes);
    // What remains has to hold one more rule and its comma, or nothing.
    if (left - take > 0 && left - take < empty + 1)
      take -= empty;
    const auto value = '"' + std::string(take - empty, 'x') + '"';
    rules += comparison("eq", value);
    left -= take;
    if (left > 0) {
      rules += ',';
      --left;
    }
  }
  return fmt::format(R"({{"and":[{}]}})", rules);
}

/// Random rules, within the bounds.
class random_rules {
public:
  explicit random_rules(std::uint64_t seed) : random_(seed) {}

  std::string rule(std::size_t depth) {
    const auto kind = depth == 1 ? 3 : below(5);
    if (kind == 0)
      return fmt::format(R"({{"not": {}}})", rule(depth - 1));
    if (kind <= 2)
      return fmt::format(R"({{"{}":[{}]}})", kind == 1 ? "and" : "or", rules(depth - 1));
    return below(2) == 0 ? fmt::format(R"({{"path":{},{}}})", path(), compared())
                         : fmt::format(R"({{ {} , "path" : {} }})", compared(), path());
  }

  std::string number() {
    switch (below(5)) {
      case 0:
        return std::to_string(static_cast<std::int64_t>(random_()));
      case 1:
        return std::to_string(random_());
      case 2:
        return fmt::format("{:.{}g}", std::uniform_real_distribution{-1e6, 1e6}(random_),
                           1 + below(18));
      case 3:
        return fmt::format("{}e{}", std::uniform_real_distribution{-9.9, 9.9}(random_),
                           static_cast<int>(below(598)) - 299);
      default:
        return fmt::format("{}.{:02}", below(1000), below(100));
    }
  }

private:
  std::size_t below(std::size_t end) { return random_() % end; }

  std::string rules(std::size_t depth) {
    std::string text = rule(depth);
    for (auto more = below(2); more > 0; --more)
      text += ", " + rule(depth);
    return text;
  }

  std::string path() {
    static const std::vector<std::string> paths{R"("")", R"("/")", R"("/a~0~1/0")",
                                                R"("/\u00e9\"\\")"};
    return paths[below(paths.size())];
  }

  std::string scalar() {
    static const std::vector<std::string> others{"null", "true", "false", R"("")",
                                                 R"("\u00e9\"\\\n")"};
    return below(2) == 0 ? number() : others[below(others.size())];
  }

  std::string compared() {
    static const std::vector<std::string_view> ordered{"lt", "lte", "gt", "gte"};
    switch (below(4)) {
      case 0:
        return fmt::format(R"("{}":{})", ordered[below(4)], number());
      case 1:
        return fmt::format(R"("in":[{},{}])", scalar(), scalar());
      case 2:
        return fmt::format(R"("exists":{})", below(2) == 0);
      default:
        return fmt::format(R"("{}":{})", below(2) == 0 ? "eq" : "ne", scalar());
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("a rule that is none is refused with its field") {
  check_refused("[]", ec::wrong_type, "");
  check_refused("true", ec::wrong_type, "");
  check_refused("{}", ec::missing_field, "");
  check_refused(R"({"xor":[]})", ec::unknown_field, "/xor");
  check_refused(R"({"a/b~c":1})", ec::unknown_field, "/a~1b~0c");
}

TEST_CASE("a combination that is wrong is refused with its field") {
  check_refused(R"({"and":{}})", ec::wrong_type, "/and");
  check_refused(R"({"or":"x"})", ec::wrong_type, "/or");
  check_refused(R"({"and":[]})", ec::invalid_value, "/and");
  check_refused(R"({"or":[]})", ec::invalid_value, "/or");
  check_refused(R"({"not":[]})", ec::wrong_type, "/not");
  check_refused(R"({"not":{}})", ec::missing_field, "/not");
  check_refused(R"({"and":[{"path":"/a","eq":1}],"or":[{"path":"/a","eq":1}]})", ec::unknown_field,
                "/or");
  check_refused(R"({"not":{"path":"/a","eq":1},"path":"/a"})", ec::unknown_field, "/path");
  check_refused(R"({"path":"/a","eq":1,"and":[]})", ec::unknown_field, "/path");
  check_refused(R"({"and":[{"path":"/a","eq":1},5]})", ec::wrong_type, "/and/1");
  check_refused(R"({"and":[{"path":"/a","eq":1},{"path":"b","eq":1}]})", ec::invalid_value,
                "/and/1/path");
  check_refused(R"({"or":[{"not":{"and":[{"path":"/a","eq":{}}]}}]})", ec::wrong_type,
                "/or/0/not/and/0/eq");
}

TEST_CASE("a comparison that is wrong is refused with its field") {
  check_refused(R"({"path":"/a"})", ec::missing_field, "");
  check_refused(R"({"eq":1})", ec::missing_field, "/path");
  check_refused(R"({"path":5,"eq":1})", ec::wrong_type, "/path");
  check_refused(R"({"path":"/a","eq":1,"ne":2})", ec::invalid_value, "/ne");
  check_refused(R"({"path":"/a","eq":1,"like":"x"})", ec::unknown_field, "/like");
  check_refused(R"({"path":"/a","EQ":1})", ec::unknown_field, "/EQ");
  check_refused(R"({"path":"/a","exists":1})", ec::wrong_type, "/exists");
  check_refused(R"({"path":"/a","exists":null})", ec::wrong_type, "/exists");
  check_refused(R"({"path":"/a","in":"x"})", ec::wrong_type, "/in");
  check_refused(R"({"path":"/a","in":[1,[2]]})", ec::wrong_type, "/in/1");
  for (const std::string_view compared_by : {"eq", "ne"}) {
    CAPTURE(compared_by);
    check_refused(comparison(compared_by, "[]"), ec::wrong_type, fmt::format("/{}", compared_by));
    check_refused(comparison(compared_by, "{}"), ec::wrong_type, fmt::format("/{}", compared_by));
  }
  for (const std::string_view compared_by : {"lt", "lte", "gt", "gte"}) {
    CAPTURE(compared_by);
    for (const std::string_view value : {"null", "true", "[]", "{}"})
      check_refused(comparison(compared_by, value), ec::wrong_type,
                    fmt::format("/{}", compared_by));
  }
}

TEST_CASE("a path that is no JSON pointer is refused") {
  for (const std::string_view path : {"a", "a/b", "#/a", " /a", "/~", "/~2", "/a~", "/~/b"})
    check_refused(comparison("eq", "1", path), ec::invalid_value, "/path");
}

TEST_CASE("NUL in a path or a string is refused") {
  check_refused(comparison("eq", "1", R"(/\u0000)"), ec::invalid_value, "/path");
  check_refused(comparison("eq", R"("\u0000")"), ec::invalid_value, "/eq");
  check_refused(comparison("in", R"(["a","\u0000"])"), ec::invalid_value, "/in/1");
}

TEST_CASE("a combination has at most 16 rules") {
  static_assert(limits::filter_rules_max == 16);
  for (const std::string_view name : {"and", "or"}) {
    const auto of = [&](std::size_t count) {
      return fmt::format(R"({{"{}":[{}]}})", name, repeated(count, exists));
    };
    CHECK(parse_filter(of(1)));
    CHECK(parse_filter(of(16)));
    check_refused(of(17), ec::invalid_value, fmt::format("/{}", name));
  }
}

TEST_CASE("rules are at most 8 deep") {
  static_assert(limits::filter_depth_max == 8);
  CHECK(parse_filter(negated(7)));
  check_refused(negated(8), ec::invalid_value, "/not/not/not/not/not/not/not/not");
  CHECK(parse_filter(listed(7)));
  check_refused(listed(8), ec::invalid_value, "/and/0/and/0/and/0/and/0/and/0/and/0/and/0/and/0");
  check_refused(negated(60), ec::invalid_value, "/not/not/not/not/not/not/not/not");
}

TEST_CASE("a filter has at most 64 comparisons, wherever they are") {
  static_assert(limits::filter_comparisons_max == 64);
  CHECK(parse_filter(compared(64)));
  check_refused(compared(65), ec::invalid_value, "/and/4/or/0");
}

TEST_CASE("a filter has at most 8 KiB") {
  static_assert(limits::filter_bytes_max == 8192);
  REQUIRE(sized(2048).size() == 2048);
  const auto of = [](std::size_t bytes) {
    // Four lists of a quarter each, for more than 16 comparisons.
    constexpr std::size_t frame = std::string_view{R"({"and":[,,,]})"}.size();
    const auto quarter = (bytes - frame) / 4;
    return fmt::format(R"({{"and":[{},{},{},{}]}})", sized(quarter), sized(quarter), sized(quarter),
                       sized(bytes - frame - 3 * quarter));
  };
  REQUIRE(of(8192).size() == 8192);
  REQUIRE(of(8193).size() == 8193);
  CHECK(parse_filter(of(8192)));
  check_refused(of(8193), ec::too_large, "");
  CHECK(parse_filter(std::string(100, ' ') + of(8192)));
}

TEST_CASE("a path has at most 256 bytes") {
  static_assert(limits::filter_path_bytes_max == 256);
  CHECK(parse_filter(comparison("eq", "1", '/' + std::string(255, 'a'))));
  check_refused(comparison("eq", "1", '/' + std::string(256, 'a')), ec::too_large, "/path");
}

TEST_CASE("a string to compare with has at most 256 bytes") {
  static_assert(limits::filter_string_bytes_max == 256);
  const auto text = [](std::size_t bytes) { return '"' + std::string(bytes, 'a') + '"'; };
  CHECK(parse_filter(comparison("eq", text(256))));
  check_refused(comparison("eq", text(257)), ec::too_large, "/eq");
  CHECK(parse_filter(comparison("lt", text(256))));
  check_refused(comparison("lt", text(257)), ec::too_large, "/lt");
  CHECK(parse_filter(comparison("in", '[' + text(256) + ']')));
  check_refused(comparison("in", '[' + text(257) + ']'), ec::too_large, "/in/0");
}

TEST_CASE("in has 1 to 64 values") {
  static_assert(limits::filter_values_max == 64);
  const auto of = [](std::size_t count) {
    return comparison("in", '[' + repeated(count, "1") + ']');
  };
  check_refused(of(0), ec::invalid_value, "/in");
  CHECK(parse_filter(of(1)));
  CHECK(parse_filter(of(64)));
  check_refused(of(65), ec::invalid_value, "/in");
}

TEST_CASE("a number to compare with is 0, or from 1e-300 to 1e300 in size") {
  for (const std::string_view number : {"0", "-0.0", "1e300", "-1e300", "1e-300", "-1e-300"}) {
    CAPTURE(number);
    CHECK(parse_filter(comparison("eq", number)));
  }
  for (const std::string_view number : {"1.001e300", "-1.001e300", "9.99e-301", "-9.99e-301"})
    check_refused(comparison("eq", number), ec::invalid_value, "/eq");
  check_refused(comparison("eq", '1' + std::string(400, '0')), ec::invalid_value, "/eq");
}

TEST_CASE("filters that mean the same by their text are equal, and others are not") {
  const auto filter = filter_of(R"({"path":"/a","eq":100})");
  for (const std::string_view same :
       {R"({"eq":100,"path":"/a"})", R"({ "path" : "\u002fa" , "eq" : 1e2 })",
        R"({"path":"/a","eq":100.0})", R"({"path":"/a","eq":1000e-1})"}) {
    CAPTURE(same);
    CHECK(filter_of(same) == filter);
    CHECK(filter_of(same) <=> filter == std::strong_ordering::equal);
  }
  for (const std::string_view other :
       {R"({"path":"/b","eq":100})", R"({"path":"/a","ne":100})", R"({"path":"/a","eq":"100"})",
        R"({"path":"/a","eq":101})", R"({"and":[{"path":"/a","eq":100}]})",
        R"({"or":[{"path":"/a","eq":100}]})", R"({"not":{"path":"/a","eq":100}})",
        R"({"path":"/a","in":[100]})", "null"}) {
    CAPTURE(other);
    CHECK_FALSE(filter_of(other) == filter);
    CHECK((filter_of(other) < filter) != (filter < filter_of(other)));
  }
  CHECK(payload_filter{} == filter_of("null"));
  CHECK(filter_of(comparison("eq", "1.5e18")) ==
        filter_of(comparison("eq", "1500000000000000000")));
  CHECK(filter_of(comparison("eq", "-1e15")) == filter_of(comparison("eq", "-1000000000000000")));
  CHECK(filter_of(comparison("eq", "-0.0")) == filter_of(comparison("eq", "0")));
}

TEST_CASE("a filter is shown as it was given, its numbers by value") {
  for (const std::string_view rule :
       {R"({"path":"/a~0/é","eq":"x\n\"\\"})", R"({"path":"","in":[1,"x",null,true,2.5]})",
        R"({"and":[{"path":"/a","lt":-1},{"or":[{"path":"/b","exists":false}]}]})",
        R"({"not":{"path":"/a","eq":null}})", R"({"path":"/a","eq":18446744073709551615})",
        "null"}) {
    CAPTURE(rule);
    CHECK(boost::json::serialize(filter_of(rule).to_json()) ==
          boost::json::serialize(boost::json::parse({rule.data(), rule.size()})));
  }
}

TEST_CASE("a rule is the same after any number of times being stored and read (seeds 1 to 20)") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_rules random{seed};
    for (int i = 0; i < 200; ++i) {
      const auto rule = random.rule(1 + static_cast<std::size_t>(i) % 4);
      const auto filter = filter_of(rule);
      auto again = filter;
      for (int times = 0; times < 3; ++times)
        again = filter_of(boost::json::serialize(again.to_json()));
      CAPTURE(rule);
      REQUIRE(again == filter);
    }
  }
}

TEST_CASE("a number of up to 15 digits equals itself in a payload, stored or not (seed 1)") {
  std::mt19937_64 random{1};
  for (int i = 0; i < 5000; ++i) {
    const auto number = fmt::format("{}.{:0{}}e{}", random() % 1000, random() % 1'000'000'000'000,
                                    12, static_cast<int>(random() % 560) - 280);
    CAPTURE(number);
    const auto filter = filter_of(comparison("eq", number));
    const auto stored = filter_of(boost::json::serialize(filter.to_json()));
    REQUIRE(filter.matches(parsed_payload{member_a(number)}));
    REQUIRE(stored.matches(parsed_payload{member_a(number)}));
  }
}
