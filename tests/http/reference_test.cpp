#include "domain/base64.hpp"
#include "http/html.hpp"
#include "http/pretty_json.hpp"
#include "http/reference_assets.hpp"
#include "http/reference_page.hpp"
#include "http/reference_schema.hpp"
#include "http/sha256.hpp"
#include "tests/http/api_fixture.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <cctype>
#include <regex>
#include <set>
#include <vector>

namespace talaria::http::test {
namespace {

namespace json = boost::json;

/// What the first group of a pattern matches, wherever it does.
std::multiset<std::string> all_in(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::multiset<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end;
       ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

/// One operation's part of the page.
std::string article(const std::string& page, const std::string& id) {
  const auto begin = page.find("<article id=\"" + id + "\">");
  REQUIRE(begin != std::string::npos);
  return page.substr(begin, page.find("</article>", begin) - begin);
}

json::object document() {
  static api_fixture api;
  return json_of(api.send("GET", "/openapi.json")).as_object();
}

std::string page() {
  static api_fixture api;
  return api.send_without_key("GET", "/docs").body;
}

/// As the schema of a document that has this one alone, named `Tested`.
std::string members_of(const char* schema, reference_schema::references how) {
  const json::value parsed =
      json::parse(R"({"components":{"schemas":{"Tested":)" + std::string(schema) + "}}}");
  const reference_schema schemas(parsed.as_object());
  const json::value reference = {{"$ref", "#/components/schemas/Tested"}};
  return schemas.members(reference.as_object(), how);
}

std::string bounds_of(const char* schema) {
  const json::object none;
  return reference_schema(none).bounds(json::parse(schema).as_object());
}

std::string type_of(const char* schema) {
  const json::object none;
  return reference_schema(none).type(json::parse(schema).as_object());
}

}  // namespace

TEST_CASE("the reference is served to everybody, as a page that may fetch nothing") {
  api_fixture api;
  const reply got = api.send_without_key("GET", "/docs");
  CHECK(got.status == 200);
  CHECK(got.header("content-type") == "text/html; charset=utf-8");
  CHECK(got.header("x-content-type-options") == "nosniff");
  const std::string policy = got.header("content-security-policy");
  CHECK(policy.starts_with("default-src 'none'; style-src 'sha256-"));
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(policy.find("http") == std::string::npos);
  CHECK(policy.find('*') == std::string::npos);
}

TEST_CASE("the policy admits the page's one style and one script by their hashes") {
  const reference_page made = render_reference(json::serialize(document()));
  for (const auto asset : {reference_style(), reference_script()}) {
    const auto digest = sha256({asset});
    const auto hash = domain::to_base64(std::string(digest.begin(), digest.end()));
    CHECK(made.content_security_policy.find("-src 'sha256-" + hash + "'; ") != std::string::npos);
  }
  CHECK(count_of(made.html, "<style") == 1);
  CHECK(count_of(made.html, "<script") == 1);
  CHECK(made.html.find("<style>" + std::string(reference_style()) + "</style>") !=
        std::string::npos);
  CHECK(made.html.find("<script>" + std::string(reference_script()) + "</script>") !=
        std::string::npos);
}

TEST_CASE("the reference loads nothing, and runs nothing from attributes") {
  const std::string shown = page();
  for (const auto* forbidden : {" src=", "<link", "<img", "<iframe", "@import", "url(",
                                " style=", " onclick=", " onload=", "javascript:", "fetch(",
                                "XMLHttpRequest", "innerHTML", "eval("}) {
    CAPTURE(forbidden);
    CHECK(shown.find(forbidden) == std::string::npos);
  }
}

TEST_CASE("every operation of the document is in the reference, with its path and scope") {
  const std::string shown = page();
  const json::object all = document();
  for (const auto& [path, item] : all.at("paths").as_object()) {
    for (const auto& [method, described] : item.as_object()) {
      const json::object& operation = described.as_object();
      const std::string id(operation.at("operationId").as_string());
      CAPTURE(id);
      const std::string part = article(shown, id);
      CHECK(part.find("<b>" + std::string(path) + "</b>") != std::string::npos);
      CHECK(part.find("class=\"method " + std::string(method) + "\"") != std::string::npos);
      const bool open = operation.contains("security");
      CHECK((part.find("no key needed") != std::string::npos) == open);
      CHECK((part.find("scope <b>") != std::string::npos) == !open);
      CHECK((part.find("<h4>Request body") != std::string::npos) ==
            operation.contains("requestBody"));
      for (const auto& [status, response] : operation.at("responses").as_object()) {
        CHECK(part.find(">" + std::string(status) + "</span>") != std::string::npos);
      }
      CHECK(part.find("curl") != std::string::npos);
    }
  }
}

TEST_CASE("every link within the reference leads somewhere, and every place has one name") {
  const std::string shown = page();
  const auto ids = all_in(shown, " id=\"([^\"]*)\"");
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
  const auto links = all_in(shown, "href=\"#([^\"]*)\"");
  CHECK(links.size() > 100);
  for (const std::string& link : links) {
    CAPTURE(link);
    CHECK(ids.contains(link));
  }
}

TEST_CASE("every element of the reference is closed where it should be") {
  const std::string shown = page();
  const std::regex tag("<(/?)([a-z][a-z0-9]*)[^>]*>");
  const std::set<std::string> empty = {"meta", "input"};
  const auto script = shown.find("<script>");
  const std::string markup = shown.substr(0, script);
  std::vector<std::string> open;
  for (std::sregex_iterator match(markup.begin(), markup.end(), tag), end; match != end; ++match) {
    const std::string name = (*match)[2];
    if (empty.contains(name)) {
      continue;
    }
    if ((*match)[1].length() == 0) {
      open.push_back(name);
    } else {
      REQUIRE_FALSE(open.empty());
      REQUIRE(open.back() == name);
      open.pop_back();
    }
  }
  CHECK(open == std::vector<std::string>{"html", "body"});
}

TEST_CASE("a request's fields are shown with their bounds") {
  const std::string part = article(page(), "createSubscription");
  for (const auto* shown :
       {"<code>url</code> <span class=\"type\">string</span> <span class=\"required\">required",
        "at most 2048 characters", "1 to 64 items", "1 to 60000", "members of <code>retry</code>",
        "<code>delays_ms</code>"}) {
    CAPTURE(shown);
    CHECK(part.find(shown) != std::string::npos);
  }
}

TEST_CASE("what could end an element, an attribute or a command is shown as it is") {
  CHECK(escape_html(R"(<a href="x">'&'</a>)") ==
        "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  const std::string hostile = R"x({"info":{"title":"<script>","version":"\"><b>"},
      "tags":[{"name":"<i>"}],"paths":{"/<b>":{"post":{"operationId":"\"x","tags":["<i>"],
      "summary":"</h3>","requestBody":{"content":{"application/json":{"schema":{},
      "example":"it's"}}},"responses":{"200":{"description":"<img>"}}}}}})x";
  const std::string shown = render_reference(hostile).html;
  for (const auto* forbidden : {"<i>", "<img>", "<b>\"", "id=\"\"x\"", "/<b>"}) {
    CAPTURE(forbidden);
    CHECK(shown.find(forbidden) == std::string::npos);
  }
  CHECK(count_of(shown, "<script>") == 1);
  CHECK(shown.find("-d &#39;&quot;it&#39;\\&#39;&#39;s&quot;&#39;") != std::string::npos);
}

TEST_CASE("a description has paragraphs, code and links, and nothing else") {
  CHECK(describe_in_html("").empty());
  CHECK(describe_in_html("a `b<c` d") == "<p>a <code>b&lt;c</code> d</p>");
  CHECK(describe_in_html("one\n\ntwo") == "<p>one</p><p>two</p>");
  CHECK(describe_in_html("[a `b`](https://example.com/?a&b)") ==
        "<p><a href=\"https://example.com/?a&amp;b\">a <code>b</code></a></p>");
  CHECK(describe_in_html("[a](#b)") == "<p><a href=\"#b\">a</a></p>");
  for (const auto* literal : {"a ` b", "``", "[a]", "[a](javascript:b)", "[a](//b)",
                              "[a](http://b)", "[a](#b", "*a* _b_"}) {
    CHECK(describe_in_html(literal) == "<p>" + std::string(literal) + "</p>");
  }
}

TEST_CASE("a type is told in a few words") {
  CHECK(type_of(R"({"type":"string"})") == "string");
  CHECK(type_of(R"({"type":["string","null"]})") == "string or null");
  CHECK(type_of(R"({"type":"array","items":{"type":"integer"}})") == "array of integer");
  CHECK(type_of(R"({"const":"a"})") == "<code>&quot;a&quot;</code>");
  CHECK(type_of(R"({})") == "any value");
  CHECK(type_of(R"({"$ref":"#/components/schemas/A"})") == R"(<a href="#schema-A">A</a>)");
  CHECK(type_of(R"({"oneOf":[{"$ref":"#/components/schemas/A"},{"type":"null"}]})") ==
        R"(<a href="#schema-A">A</a> or null)");
  CHECK(type_of(R"({"oneOf":[{"type":"object"},{"type":"object"}]})") == "object");
}

TEST_CASE("every bound of a value is told") {
  CHECK(bounds_of(R"({})").empty());
  CHECK(bounds_of(R"({"minLength":1,"maxLength":2})") == "1 to 2 characters");
  CHECK(bounds_of(R"({"minItems":3,"maxItems":3})") == "3 items");
  CHECK(bounds_of(R"({"maxProperties":4})") == "at most 4 members");
  CHECK(bounds_of(R"({"minimum":0})") == "at least 0");
  CHECK(bounds_of(R"({"exclusiveMinimum":0,"maximum":1})") == "at most 1; more than 0");
  CHECK(bounds_of(R"({"format":"uuid"})") == "uuid");
  CHECK(bounds_of(R"({"pattern":"^<$"})") == "matches <code>^&lt;$</code>");
  CHECK(bounds_of(R"({"enum":["a",null]})") ==
        "one of <code>&quot;a&quot;</code>, <code>null</code>");
  CHECK(bounds_of(R"({"items":{"maxLength":2}})") == "each at most 2 characters");
  CHECK(
      bounds_of(R"({"propertyNames":{"maxLength":2},"additionalProperties":{"type":"string"}})") ==
      "names: at most 2 characters; values: string");
  CHECK(bounds_of(R"({"default":{}})") == "default <code>{}</code>");
}

TEST_CASE("a schema that refers to itself is shown once") {
  constexpr auto tree = R"({"type":"object","properties":{
      "children":{"type":"array","items":{"$ref":"#/components/schemas/Tested"}},
      "name":{"type":"string"}}})";
  CHECK(count_of(members_of(tree, reference_schema::references::followed), "<dl") == 1);
  CHECK(count_of(members_of(tree, reference_schema::references::linked), "<dl") == 1);
}

TEST_CASE("of members that an object of its own describes, one is shown with them or linked") {
  constexpr auto inner = R"({"type":"object","required":["a"],"properties":{
      "a":{"type":"object","properties":{"b":{"type":"string"}}}}})";
  const std::string shown = members_of(inner, reference_schema::references::linked);
  CHECK(count_of(shown, "<dl") == 2);
  CHECK(count_of(shown, "required") == 2);
  CHECK(members_of(R"({"type":"string"})", reference_schema::references::followed).empty());
}

TEST_CASE("JSON is laid out for people, with every member in its place") {
  CHECK(pretty_json(json::parse(R"({"b":[1,{"a":null}],"c":{},"d":[],"e":"\"<"})")) ==
        "{\n  \"b\": [\n    1,\n    {\n      \"a\": null\n    }\n  ],\n  \"c\": {},\n  \"d\": [],\n"
        "  \"e\": \"\\\"<\"\n}");
}

TEST_CASE("large answers that are the same for all are sent whole, and the connection goes on") {
  api_fixture api;
  for (const char* path : {"/openapi.json", "/docs"}) {
    CAPTURE(path);
    raw_client client(api.port);
    client.send(request_text("GET", path) + request_text("HEAD", path) +
                request_text("GET", "/health/live"));
    const reply whole = client.receive().value();
    CHECK(whole.status == 200);
    CHECK(whole.body.size() > 100'000);
    CHECK(whole.header("content-length") == std::to_string(whole.body.size()));
    CHECK(whole.body == exchange_once(api.port, request_text("GET", path)).body);
    const reply head = client.receive(true).value();
    CHECK(head.header("content-length") == whole.header("content-length"));
    CHECK(client.receive()->status == 200);
  }
}

}  // namespace talaria::http::test
