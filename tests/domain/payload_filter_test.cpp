#include "domain/payload_filter.hpp"

#include "tests/domain/payload_rule_json.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace talaria::domain;
using namespace talaria::domain::test;

namespace {

/// What a rule says of payloads.
struct verdicts {
  std::string_view rule;
  std::vector<std::string_view> matching;
  std::vector<std::string_view> others;
};

void check(const std::vector<verdicts>& table) {
  for (const auto& [rule, matching, others] : table) {
    CAPTURE(rule);
    for (const auto payload : matching) {
      CAPTURE(payload);
      CHECK(passes(rule, payload));
    }
    for (const auto payload : others) {
      CAPTURE(payload);
      CHECK_FALSE(passes(rule, payload));
    }
  }
}

}  // namespace

TEST_CASE("a filter without a rule matches every payload") {
  CHECK(payload_filter{}.empty());
  CHECK(payload_filter{}.matches(parsed_payload{R"({"a":1})"}));
  CHECK(passes("null", R"({"a":1})"));
}

TEST_CASE("eq and ne compare values of every type") {
  check({
      {R"({"path":"/a","eq":"x"})", {R"({"a":"x"})", R"({"a":"\u0078"})"}, {R"({"a":"X"})"}},
      {R"({"path":"/a","eq":"1"})", {R"({"a":"1"})"}, {R"({"a":1})"}},
      {R"({"path":"/a","eq":""})", {R"({"a":""})"}, {R"({"a":null})", R"({"a":"x"})"}},
      {R"({"path":"/a","eq":1})", {R"({"a":1})", R"({"a":1.0})"}, {R"({"a":"1"})", R"({"a":2})"}},
      {R"({"path":"/a","eq":true})", {R"({"a":true})"}, {R"({"a":false})", R"({"a":"true"})"}},
      {R"({"path":"/a","eq":false})", {R"({"a":false})"}, {R"({"a":true})", R"({"a":0})"}},
      {R"({"path":"/a","eq":null})", {R"({"a":null})"}, {R"({"a":0})", R"({"a":false})"}},
      {R"({"path":"/a","ne":"x"})",
       {R"({"a":"y"})", R"({"a":1})", R"({"a":null})"},
       {R"({"a":"x"})"}},
      {R"({"path":"/a","ne":1})", {R"({"a":2})", R"({"a":"1"})", R"({"a":[1]})"}, {R"({"a":1e0})"}},
      {R"({"path":"/a","ne":true})", {R"({"a":false})", R"({"a":1})"}, {R"({"a":true})"}},
      {R"({"path":"/a","ne":null})", {R"({"a":0})", R"({"a":{}})"}, {R"({"a":null})"}},
  });
}

TEST_CASE("lt, lte, gt and gte order numbers by value") {
  check({
      {R"({"path":"/a","lt":10})",
       {R"({"a":9})", R"({"a":-10})", R"({"a":9.99})"},
       {R"({"a":10})", R"({"a":11})"}},
      {R"({"path":"/a","lte":10})", {R"({"a":9})", R"({"a":10.0})"}, {R"({"a":10.01})"}},
      {R"({"path":"/a","gt":10})",
       {R"({"a":11})", R"({"a":10.01})"},
       {R"({"a":10})", R"({"a":9})"}},
      {R"({"path":"/a","gte":10})", {R"({"a":10})", R"({"a":1e2})"}, {R"({"a":9.99})"}},
      {R"({"path":"/a","lt":-1.5})", {R"({"a":-2})"}, {R"({"a":-1.5})", R"({"a":-1})"}},
  });
}

TEST_CASE("lt, lte, gt and gte order strings by their bytes") {
  check({
      {R"({"path":"/a","lt":"b"})",
       {R"({"a":"a"})", R"({"a":"B"})", R"({"a":""})"},
       {R"({"a":"b"})", R"({"a":"ba"})", R"({"a":"é"})"}},
      {R"({"path":"/a","lte":"b"})", {R"({"a":"b"})"}, {R"({"a":"ba"})"}},
      {R"({"path":"/a","gt":"b"})", {R"({"a":"ba"})", R"({"a":"é"})"}, {R"({"a":"b"})"}},
      {R"({"path":"/at","gte":"2026-01-31T00:00:00Z"})",
       {R"({"at":"2026-01-31T00:00:00Z"})"},
       {R"({"at":"2026-01-30T23:59:59Z"})"}},
  });
}

TEST_CASE("values of different types have no order") {
  for (const std::string_view compared_by : {"lt", "lte", "gt", "gte"}) {
    for (const std::string_view value : {R"("5")", "true", "null", "[5]", R"({"a":5})"}) {
      CAPTURE(compared_by);
      CAPTURE(value);
      CHECK_FALSE(passes(comparison(compared_by, "5"), member_a(value)));
    }
    for (const std::string_view value : {"5", "true", "null", R"(["5"])"}) {
      CAPTURE(value);
      CHECK_FALSE(passes(comparison(compared_by, R"("5")"), member_a(value)));
    }
  }
}

TEST_CASE("in is met by any of its values") {
  check({{R"({"path":"/a","in":["x",2,null,true]})",
          {R"({"a":"x"})", R"({"a":2.0})", R"({"a":null})", R"({"a":true})"},
          {R"({"a":"2"})", R"({"a":false})", R"({"a":["x"]})", "{}"}}});
}

TEST_CASE("exists asks whether there is a value, of whatever type") {
  check({{R"({"path":"/a","exists":true})",
          {R"({"a":1})", R"({"a":null})", R"({"a":[]})"},
          {"{}", "[]", "1"}},
         {R"({"path":"/a","exists":false})", {"{}", R"({"b":1})", "null"}, {R"({"a":null})"}}});
}

TEST_CASE("a value that is missing meets ne and exists: false alone") {
  for (const std::string_view payload : {"{}", R"({"b":5})", "[]", "5", "null", R"({"a ":5})"}) {
    CAPTURE(payload);
    for (const std::string_view compared_by : {"eq", "lt", "lte", "gt", "gte"}) {
      CAPTURE(compared_by);
      CHECK_FALSE(passes(comparison(compared_by, "5"), payload));
    }
    CHECK_FALSE(passes(comparison("eq", "null"), payload));
    CHECK_FALSE(passes(comparison("in", "[5,null]"), payload));
    CHECK_FALSE(passes(comparison("exists", "true"), payload));
    CHECK(passes(comparison("ne", "5"), payload));
    CHECK(passes(comparison("ne", "null"), payload));
    CHECK(passes(comparison("exists", "false"), payload));
  }
}

TEST_CASE("and, or and not combine rules") {
  check({
      {R"({"and":[{"path":"/a","eq":1},{"path":"/b","eq":2}]})",
       {R"({"a":1,"b":2})"},
       {R"({"a":1,"b":3})", R"({"a":2,"b":2})", "{}"}},
      {R"({"or":[{"path":"/a","eq":1},{"path":"/b","eq":2}]})",
       {R"({"a":1})", R"({"b":2})", R"({"a":1,"b":2})"},
       {R"({"a":2,"b":1})", "{}"}},
      {R"({"not":{"path":"/a","eq":1}})", {R"({"a":2})", "{}"}, {R"({"a":1})"}},
      {R"({"not":{"path":"/a","gt":1}})", {R"({"a":1})", R"({"a":"x"})", "{}"}, {R"({"a":2})"}},
      {R"({"not":{"not":{"path":"/a","eq":1}}})", {R"({"a":1})"}, {"{}"}},
      {R"({"and":[{"or":[{"path":"/a","eq":1},{"path":"/a","eq":2}]},
                  {"not":{"path":"/b","exists":true}}]})",
       {R"({"a":1})", R"({"a":2})"},
       {R"({"a":3})", R"({"a":1,"b":0})"}},
  });
}

TEST_CASE("a path is a JSON pointer") {
  // The examples of RFC 6901, section 5.
  const std::string_view document = R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,
    "i\\j":5,"k\"l":6," ":7,"m~n":8})";
  for (const auto& [path, value] :
       std::vector<std::pair<std::string, std::string>>{{"/foo/0", R"("bar")"},
                                                        {"/foo/1", R"("baz")"},
                                                        {"/", "0"},
                                                        {"/a~1b", "1"},
                                                        {"/c%d", "2"},
                                                        {"/e^f", "3"},
                                                        {"/g|h", "4"},
                                                        {R"(/i\\j)", "5"},
                                                        {R"(/k\"l)", "6"},
                                                        {"/ ", "7"},
                                                        {"/m~0n", "8"}}) {
    CAPTURE(path);
    CHECK(passes(comparison("eq", value, path), document));
  }
  check({
      {R"({"path":"","eq":5})", {"5", " 5.0 "}, {"6", R"({"":5})"}},
      {R"({"path":"","exists":true})", {"null", "{}"}, {}},
      {R"({"path":"/a/b/1/c","eq":5})",
       {R"({"a":{"b":[0,{"c":5}]}})", R"({"a":{"b":{"1":{"c":5}}}})"},
       {R"({"a":{"b":[{"c":5}]}})", R"({"a":5})", R"({"a":{"b":"x"}})"}},
      {R"({"path":"/~01","eq":5})", {R"({"~1":5})"}, {R"({"/":5})"}},
      {R"({"path":"//","eq":5})", {R"({"":{"":5}})"}, {R"({"":5})"}},
  });
}

TEST_CASE("only an index as RFC 6901 has it finds an element") {
  for (const std::string_view path : {"/01", "/-", "/-1", "/+1", "/1.0", "/1e0", "/ 1", "/2", "/",
                                      "/a", "/18446744073709551617", "/99999999999999999999999"}) {
    CAPTURE(path);
    CHECK_FALSE(passes(comparison("exists", "true", path), "[5,5]"));
  }
  CHECK(passes(comparison("exists", "true", "/1"), "[5,5]"));
  CHECK(passes(comparison("exists", "true", "/01"), R"({"01":5})"));
}

TEST_CASE("numbers of any size are compared digit for digit") {
  check({
      {R"({"path":"/a","gt":12345678901234567890})",
       {R"({"a":12345678901234567890.10})", R"({"a":12345678901234567891})", R"({"a":1e400})"},
       {R"({"a":12345678901234567890})", R"({"a":12345678901234567889.9})"}},
      {R"({"path":"/a","eq":9007199254740993})",
       {R"({"a":9007199254740993})", R"({"a":9007199254740993.0})"},
       {R"({"a":9007199254740992})", R"({"a":9007199254740992.0})", R"({"a":9007199254740994})"}},
      {R"({"path":"/a","lt":-9223372036854775807})",
       {R"({"a":-9223372036854775808})", R"({"a":-9223372036854775807.5})"},
       {R"({"a":-9223372036854775807})"}},
      {R"({"path":"/a","gt":9223372036854775807})",
       {R"({"a":9223372036854775808})", R"({"a":18446744073709551615})"},
       {R"({"a":9223372036854775807})", R"({"a":-9223372036854775808})"}},
      {R"({"path":"/a","eq":18446744073709551615})",
       {R"({"a":18446744073709551615})"},
       {R"({"a":18446744073709551614})", R"({"a":18446744073709551616})", R"({"a":-1})"}},
      {R"({"path":"/a","eq":0.1})",
       {R"({"a":0.1})", R"({"a":0.10})", R"({"a":1e-1})"},
       {R"({"a":0.1000000000000000055})"}},
      {R"({"path":"/a","gt":0.3})", {R"({"a":0.30000000000000001})"}, {R"({"a":0.3})"}},
      {R"({"path":"/a","eq":0})",
       {R"({"a":-0})", R"({"a":0.0})", R"({"a":0e9})"},
       {R"({"a":1e-400})"}},
  });
}

TEST_CASE("of two members of the same name the last counts") {
  CHECK(passes(R"({"path":"/a","eq":2})", R"({"a":1,"a":2})"));
  CHECK_FALSE(passes(R"({"path":"/a","eq":1})", R"({"a":1,"a":2})"));
}

TEST_CASE("a payload as deep as it may be is looked into, and one that is deeper has no values") {
  const auto deep = [](std::size_t depth) {
    return std::string(depth, '[') + "5" + std::string(depth, ']');
  };
  std::string path;
  for (std::size_t i = 0; i < limits::json_depth_max; ++i)
    path += "/0";
  CHECK(passes(comparison("eq", "5", path), deep(limits::json_depth_max)));
  CHECK(passes(comparison("exists", "false", ""), deep(limits::json_depth_max + 1)));
}

TEST_CASE("long strings with escapes and many numbers are found as they are") {
  const std::string half(20'000, 'x');
  CHECK(passes(comparison("eq", R"("end")", "/2"),
               R"([")" + half + R"(\n)" + half + R"(",1,"end"])"));
  std::string many = "[0";
  for (int i = 1; i < 20'000; ++i)
    many += ',' + std::to_string(i);
  CHECK(passes(comparison("eq", "19999", "/19999"), many + "]"));
  CHECK(passes(comparison("eq", "12345", "/12345"), many + "]"));
}
