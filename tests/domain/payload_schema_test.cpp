#include "domain/payload_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

namespace talaria::domain {

namespace {

namespace json = boost::json;

json::value parsed(std::string_view text) {
  json::parse_options deep;
  deep.max_depth = 200;
  return json::parse(text, {}, deep);
}

payload_schema schema(std::string_view text) {
  auto read = payload_schema::parse(parsed(text));
  if (!read)
    FAIL(read.error().detail);
  return *read;
}

/// `code field`
std::string refusal(std::string_view text) {
  const auto read = payload_schema::parse(parsed(text));
  return read ? "accepted" : fmt::format("{} {}", to_string(read.error().code), read.error().field);
}

std::string mismatch(const payload_schema& schema, std::string_view payload) {
  const auto checked = schema.check(parsed(payload));
  return checked ? "matches" : checked.error().field;
}

/// A schema in which each definition refers twice to the next.
std::string doubling(int times) {
  std::string text = R"({"$ref":"#/definitions/d0","definitions":{)";
  for (int index = 0; index < times; ++index)
    text += fmt::format(R"("d{0}":{{"allOf":[{{"$ref":"#/definitions/d{1}"}},)"
                        R"({{"$ref":"#/definitions/d{1}"}}]}},)",
                        index, index + 1);
  return text + fmt::format(R"("d{}":{{"type":"object"}}}}}})", times);
}

}  // namespace

TEST_CASE("payloads are checked by the keywords of draft 7") {
  const auto order = schema(R"({
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "https://example.com/order.json",
    "type": "object",
    "required": ["id", "amount"],
    "properties": {
      "id": {"type": "string", "minLength": 3, "format": "uuid"},
      "amount": {"type": "integer", "exclusiveMinimum": 0, "maximum": 100},
      "state": {"enum": ["paid", "open", null]},
      "tags": {"type": "array", "items": {"$ref": "#/definitions/tag"}, "maxItems": 2},
      "kind": {"const": "order"},
      "format": {"type": "boolean"}
    },
    "additionalProperties": false,
    "if": {"properties": {"state": {"const": "paid"}}, "required": ["state"]},
    "then": {"required": ["tags"]},
    "definitions": {"tag": {"type": "string", "maxLength": 4}}
  })");
  CHECK(mismatch(order, R"({"id":"abc","amount":1})") == "matches");
  CHECK(mismatch(order, R"({"id":"abc","amount":100,"state":null,"format":true})") == "matches");
  CHECK(mismatch(order, R"({"id":"abc"})") == "/payload");
  CHECK(mismatch(order, R"({"id":"ab","amount":1})") == "/payload/id");
  CHECK(mismatch(order, R"({"id":"abc","amount":0})") == "/payload/amount");
  CHECK(mismatch(order, R"({"id":"abc","amount":101})") == "/payload/amount");
  CHECK(mismatch(order, R"({"id":"abc","amount":1.5})") == "/payload/amount");
  CHECK(mismatch(order, R"({"id":"abc","amount":"1"})") == "/payload/amount");
  CHECK(mismatch(order, R"({"id":"abc","amount":1,"state":"gone"})") == "/payload/state");
  CHECK(mismatch(order, R"({"id":"abc","amount":1,"more":1})") == "/payload");
  CHECK(mismatch(order, R"({"id":"abc","amount":1,"state":"paid"})") == "/payload");
  CHECK(mismatch(order, R"({"id":"abc","amount":1,"tags":["a","abcde"]})") == "/payload/tags/1");
  CHECK(mismatch(order, R"({"id":"abc","amount":1,"tags":["a","b","c"]})") == "/payload/tags");
  CHECK(mismatch(order, R"({"id":"abc","amount":1,"kind":"bill"})") == "/payload/kind");
  CHECK(mismatch(order, R"({"id":"abc","amount":1,"format":1})") == "/payload/format");
  CHECK(mismatch(order, "[]") == "/payload");
}

TEST_CASE("a boolean is a schema: all match, or none") {
  CHECK(mismatch(schema("true"), "1") == "matches");
  CHECK(mismatch(schema("false"), "1") == "/payload");
}

TEST_CASE("names are escaped in the field of a mismatch") {
  const auto named = schema(R"({"properties":{"a/b~c":{"type":"string"}}})");
  CHECK(mismatch(named, R"({"a/b~c":1})") == "/payload/a~1b~0c");
}

TEST_CASE("what is no schema is refused with its place") {
  CHECK(refusal("1") == "wrong_type /schema");
  CHECK(refusal(R"({"properties":{"a":1}})") == "wrong_type /schema/properties/a");
  CHECK(refusal(R"({"properties":[]})") == "wrong_type /schema/properties");
  CHECK(refusal(R"({"allOf":{}})") == "wrong_type /schema/allOf");
  CHECK(refusal(R"({"items":[true,1]})") == "wrong_type /schema/items/1");
  CHECK(refusal(R"({"definitions":{"a/b":7}})") == "wrong_type /schema/definitions/a~1b");
  CHECK(refusal(R"({"type":"text"})") == "invalid_value /schema");
  CHECK(refusal(R"({"minLength":-1})") == "invalid_value /schema");
  CHECK(refusal(R"({"multipleOf":0})") == "invalid_value /schema/multipleOf");
  CHECK(refusal(R"({"multipleOf":-1})") == "invalid_value /schema/multipleOf");
  CHECK(refusal(R"({"multipleOf":"2"})") == "invalid_value /schema/multipleOf");
}

TEST_CASE("what would not be evaluated, or cost without bound, is refused by name") {
  CHECK(refusal(R"({"pattern":"(a+)+$"})") == "not_supported /schema/pattern");
  CHECK(refusal(R"({"items":{"patternProperties":{}}})") ==
        "not_supported /schema/items/patternProperties");
  CHECK(refusal(R"({"uniqueItems":true})") == "not_supported /schema/uniqueItems");
  CHECK(refusal(R"({"uniqueItems":false})") == "accepted");
  CHECK(refusal(R"({"prefixItems":[]})") == "not_supported /schema/prefixItems");
  CHECK(refusal(R"({"$schema":"https://json-schema.org/draft/2020-12/schema"})") ==
        "not_supported /schema/$schema");
  CHECK(refusal(R"({"items":{"$id":"#x"}})") == "not_supported /schema/items/$id");
  CHECK(refusal(R"({"properties":{"pattern":{"type":"string"}}})") == "accepted");
}

TEST_CASE("a reference names a part of the same schema, and not what it is in") {
  CHECK(refusal(R"({"$ref":"https://example.com/a.json"})") == "not_supported /schema/$ref");
  CHECK(refusal(R"({"$ref":"file:///etc/passwd"})") == "not_supported /schema/$ref");
  CHECK(refusal(R"({"$ref":"#/definitions/gone"})") == "invalid_value /schema/$ref");
  CHECK(refusal(R"({"$ref":1})") == "wrong_type /schema/$ref");
  CHECK(refusal(R"({"$ref":"#"})") == "not_supported /schema/$ref");
  CHECK(refusal(R"({"anyOf":[{"$ref":"#"}]})") == "not_supported /schema/anyOf/0/$ref");
  CHECK(refusal(R"({"properties":{"child":{"$ref":"#"}}})") ==
        "not_supported /schema/properties/child/$ref");
  CHECK(
      refusal(R"({"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}})")
          .starts_with("not_supported"));
}

TEST_CASE("references that multiply are counted, up to the limit and not beyond") {
  CHECK(schema(doubling(11)).rules() <= payload_schema::rules_max);
  CHECK(mismatch(schema(doubling(11)), "{}") == "matches");
  CHECK(refusal(doubling(12)).starts_with("too_large"));
  CHECK(refusal(doubling(60)).starts_with("too_large"));
}

TEST_CASE("a schema is as deep as the limit says, and not deeper") {
  const auto nested = [](int depth) {
    std::string text = "true";
    for (int level = 0; level < depth; ++level)
      text = R"({"not":)" + text + "}";
    return text;
  };
  CHECK(refusal(nested(65)) == "accepted");
  CHECK(refusal(nested(66)).starts_with("too_large"));
}

TEST_CASE("the values of an enumeration count as rules") {
  const auto with_values = [](std::size_t count) {
    json::array values(count, json::value("x"));
    return json::serialize(json::object{{"enum", std::move(values)}});
  };
  CHECK(refusal(with_values(payload_schema::rules_max - 1)) == "accepted");
  CHECK(refusal(with_values(payload_schema::rules_max)).starts_with("too_large"));
}

TEST_CASE("a payload of too many values for its schema is refused, not checked") {
  const auto costly = schema(doubling(11));
  const auto values = payload_schema::checks_max / costly.rules();
  const auto list_of = [](std::size_t values_in_all) {
    return json::value(json::array(values_in_all - 1, json::value(1)));
  };
  CHECK(costly.check(list_of(values)).error().detail.find("does not match") != std::string::npos);
  CHECK(costly.check(list_of(values + 1)).error().detail.find("more than are checked") !=
        std::string::npos);
}

}  // namespace talaria::domain
